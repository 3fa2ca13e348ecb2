module github.com/flowrun/flowrun

go 1.26.0

require (
	github.com/goccy/go-yaml v1.19.2
	golang.org/x/text v0.14.0
	gopkg.in/yaml.v3 v3.0.1
)
