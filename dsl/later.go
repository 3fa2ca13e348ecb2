package dsl

// Words of the language that this version of flowrun does not have: an error says so, rather than that they are unknown.
// What the registry has is never looked up here.
var (
	laterTop   = set("checkpoint")
	laterNamed = map[string]map[string]bool{
		"source": set("items", "range", "generate", "interval", "cron", "stdin", "file", "http", "http_server", "websocket", "sse", "exec",
			"sql", "nats", "kafka", "redis", "amqp", "mqtt", "s3"),
		"step": set("map", "filter", "set", "keep", "drop", "flat_map", "map_while", "enumerate", "tap", "parse", "format", "expand",
			"take", "skip", "take_while", "skip_while", "take_until", "at_most", "sample", "first",
			"fold", "scan", "reduce", "collect", "count", "aggregate", "any", "all", "sort", "top",
			"chunks", "ready_chunks", "window", "throttle", "debounce", "delay", "sleep", "keep_alive", "buffer", "conflate",
			"merge", "concat", "interleave", "zip", "zip_latest", "merge_sorted", "join", "route", "partition", "balance", "group_by",
			"distinct", "changes", "http", "exec", "sql", "each", "use"),
		"sink": set("stdout", "file", "http", "exec", "sql", "discard", "nats", "kafka", "redis", "amqp", "mqtt", "s3", "websocket"),
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
