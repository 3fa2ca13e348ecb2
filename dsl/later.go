package dsl

// Words of the language that this version of flowrun does not have: an error says so, rather than that they are unknown.
var (
	laterTop   = set("checkpoint")
	laterNamed = map[string]map[string]bool{
		"source": set("cron", "http_server", "websocket", "sse", "sql", "nats", "kafka", "redis", "amqp", "mqtt", "s3"),
		"step":   set("sql"),
		"sink":   set("sql", "nats", "kafka", "redis", "amqp", "mqtt", "s3", "websocket"),
	}
)

const notYet = "the language has it, but this version of flowrun does not yet"

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, name := range names {
		m[name] = true
	}
	return m
}
