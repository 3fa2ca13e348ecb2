package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// job is a piece of work that flowrun and others do on the same input.
type job struct {
	name, title string
	peers       []peer
	repeat      int  // how often a peer runs in a round; 0 is once
	keeps       bool // it keeps what it reads, so that its memory grows with the input
	targets     []target
}

// peer is a program that does a job.
type peer struct {
	name  string
	size  int // of its input, in items: less than others' where it would take too long, as rates are compared
	shown string
	start func(in input, out string) *exec.Cmd
	mixed bool // its results come in any order
}

// input is what a job works on: a number of items, and a file of so many where the job reads one.
type input struct {
	n      int
	jsonl  string
	csv    string
	keys   string // lines of one key each
	zips   string // a table of all zips of the CSV, whatever n is
	server string // the URL of the server to call
}

// target is a ratio of flowrun's rate to a peer's (or of a peer's time to flowrun's) that is to hold.
type target struct {
	peer      string
	bar, goal float64
}

// folder is where everything that is not committed stands: binaries, inputs, results.
type folder string

func (f folder) bin(name string) string { return filepath.Join(string(f), "bin", name) }

const (
	millions = 1_000_000
	full     = 1_000_000 // lines of the whole input
	small    = 100_000   // lines for slower peers
)

// flowrun gives flowrun's pipeline of a job, and once more: the two differ by chance alone.
func (f folder) flowrun(pipeline string, size int, set func(in input) string) []peer {
	start := func(in input, _ string) *exec.Cmd {
		args := []string{filepath.Join("bench/pipelines", pipeline), "--report", "none"}
		if set != nil {
			args = append(args, "--set", set(in))
		}
		return exec.Command(f.bin("flowrun"), args...)
	}
	shown := "flowrun bench/pipelines/" + pipeline
	return []peer{{name: "flowrun", size: size, shown: shown, start: start}, {name: "flowrun again", size: size, shown: shown, start: start}}
}

// with gives a peer whose arguments depend on the input.
func with(name string, size int, shown, program string, args func(in input) []string) peer {
	return peer{name: name, size: size, shown: shown, start: func(in input, _ string) *exec.Cmd {
		cmd := exec.Command(program, args(in)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		return cmd
	}}
}

// benthos gives a peer that is a Benthos configuration, which writes its output itself.
func (f folder) benthos(config string, size int) peer {
	file := filepath.Join("bench/peers/benthos", config)
	return peer{name: "Benthos core", mixed: true, size: size, shown: "benthos -c " + file, start: func(in input, out string) *exec.Cmd {
		cmd := exec.Command(f.bin("benthos"), "-c", file)
		cmd.Env = append(os.Environ(), "IN="+in.jsonl, "OUT="+out, "N="+strconv.Itoa(in.n))
		return cmd
	}}
}

// duckdb gives a peer that is a query, whose result goes to a file.
func duckdb(size int, query func(in input) string, format string) peer {
	shown := "COPY (" + query(input{jsonl: "data.jsonl", csv: "data.csv", keys: "data.keys", zips: "zips.csv"}) + ") TO …"
	return peer{name: "DuckDB, typed", size: size, shown: shown, start: func(in input, out string) *exec.Cmd {
		return exec.Command("node", "bench/peers/duckdb/run.js", fmt.Sprintf("COPY (%s) TO '%s' (%s)", query(in), out, format))
	}}
}

func set(in input) string { return "in=" + in.jsonl }

// jobs gives the jobs. The peers that are not installed are left out by the caller.
func (f folder) jobs() []job {
	return []job{
		f.compute(), f.records(), f.pass(), f.csv(), f.group(), f.count(), f.sort(), f.join(),
		f.calls("calls-50", "10,000 calls of 20 ms, 50 at once", 10_000, 20, 50),
		f.calls("calls-500", "10,000 calls of 20 ms, 500 at once", 10_000, 20, 500),
		f.calls("calls-0", "100,000 calls of no time, 64 at once", 100_000, 0, 64),
		f.startup(),
	}
}

func (f folder) compute() job {
	count := func(job string) func(in input) []string {
		return func(in input) []string { return []string{job, strconv.Itoa(in.n)} }
	}
	jq := func(in input) []string {
		return []string{"-n", fmt.Sprintf("reduce (range(1; %d) | select(. %% 2 == 0) | . * 3 + 1) as $x (0; . + $x)", in.n+1)}
	}
	return job{
		name: "compute", title: "range → filter → map → fold",
		peers: append(f.flowrun("compute.yaml", 100*millions, func(in input) string { return "n=" + strconv.Itoa(in.n) }),
			with("Go, one loop", 1000*millions, "bench/peers/go compute", f.bin("peer-go"), count("compute")),
			with("Rust futures stream", 100*millions, "bench/peers/rust compute", f.bin("peer-rust"), count("compute")),
			with("Go, a channel a stage", 2*millions, "bench/peers/go channels", f.bin("peer-go"), count("channels")),
			with("jq", millions, "jq -n 'reduce (range(1; N+1) | select(. % 2 == 0) | . * 3 + 1) as $x (0; . + $x)'", "jq", jq),
			f.benthos("compute.yaml", millions/5),
		),
		targets: []target{{"Rust futures stream", 0.15, 0.5}, {"Benthos core", 60, 200}},
	}
}

func (f folder) records() job {
	const jq = `select(.status == "ok" and .amount > 50) | {id, user, amount, city: .nested.city}`
	filter := func(in input) []string { return []string{"-c", jq, in.jsonl} }
	return job{
		name: "records", title: "JSON lines: filter, map, write",
		peers: append(f.flowrun("records.yaml", full, set),
			with("Rust serde_json, typed struct", full, "bench/peers/rust records", f.bin("peer-rust"), func(in input) []string { return []string{"records", in.jsonl} }),
			duckdb(full, func(in input) string {
				return fmt.Sprintf(`SELECT id, "user", amount, nested.city AS city FROM read_json('%s', format='newline_delimited', columns={id: 'BIGINT', "user": 'VARCHAR', amount: 'DOUBLE', nested: 'STRUCT(city VARCHAR)', status: 'VARCHAR'}) WHERE status = 'ok' AND amount > 50`, in.jsonl)
			}, "FORMAT json"),
			with("Go encoding/json, struct", small, "bench/peers/go records", f.bin("peer-go"), func(in input) []string { return []string{"records", in.jsonl} }),
			with("jq", small, "jq -c '"+jq+"'", "jq", filter),
			with("gojq", small, "gojq -c '"+jq+"'", "gojq", filter),
			f.benthos("records.yaml", small),
			with("Miller", small, `mlr --ijsonl --ojsonl filter '$status == "ok" && $amount > 50' then put '$city = $nested["city"]' then cut -o -f id,user,amount,city`, "mlr", func(in input) []string {
				return []string{"--ijsonl", "--ojsonl", "filter", `$status == "ok" && $amount > 50`, "then", "put", `$city = $nested["city"]`, "then", "cut", "-o", "-f", "id,user,amount,city", in.jsonl}
			}),
		),
		targets: []target{
			{"jq", 7, 15}, {"Benthos core", 20, 40}, {"Go encoding/json, struct", 3, 6}, {"Rust serde_json, typed struct", 0.7, 1.5}, {"DuckDB, typed", 1.1, 2},
		},
	}
}

func (f folder) pass() job {
	return job{
		name: "pass", title: "JSON lines: filter, unchanged",
		peers: append(f.flowrun("pass.yaml", full, set),
			with("grep", full, `grep -F '"status":"failed"'`, "grep", func(in input) []string { return []string{"-F", `"status":"failed"`, in.jsonl} }),
		),
		targets: []target{{"grep", 0.5, 1}},
	}
}

func (f folder) csv() job {
	return job{
		name: "csv", title: "CSV: filter, map, write",
		peers: append(f.flowrun("csv.yaml", full, func(in input) string { return "in=" + in.csv }),
			duckdb(full, func(in input) string {
				return fmt.Sprintf(`SELECT id, "user", amount, city FROM read_csv('%s') WHERE status = 'ok' AND amount > 50`, in.csv)
			}, "FORMAT csv"),
			with("Miller", small, `mlr --csv filter '$status == "ok" && $amount > 50' then cut -o -f id,user,amount,city`, "mlr", func(in input) []string {
				return []string{"--csv", "filter", `$status == "ok" && $amount > 50`, "then", "cut", "-o", "-f", "id,user,amount,city", in.csv}
			}),
		),
		targets: []target{{"Miller", 10, 30}},
	}
}

func (f folder) group() job {
	const jq = `group_by(.user) | map({user: .[0].user, total: (map(.amount) | add), n: length}) | .[]`
	group := func(in input) []string { return []string{"group", in.jsonl} }
	j := job{
		name: "group", title: "JSON lines: sum and count by user (10,000 users)",
		peers: append(f.flowrun("group.yaml", full, set),
			with("Rust serde_json, typed struct", full, "bench/peers/rust group", f.bin("peer-rust"), group),
			duckdb(full, func(in input) string {
				return fmt.Sprintf(`SELECT "user", sum(amount) AS total, count(*) AS n FROM read_json('%s', format='newline_delimited', columns={"user": 'VARCHAR', amount: 'DOUBLE'}) GROUP BY "user"`, in.jsonl)
			}, "FORMAT json"),
			with("Go encoding/json, struct", small, "bench/peers/go group", f.bin("peer-go"), group),
			with("jq", small, "jq -s -c '"+jq+"'", "jq", func(in input) []string { return []string{"-s", "-c", jq, in.jsonl} }),
			with("Miller", small, "mlr --ijsonl --ojsonl stats1 -a sum,count -f amount -g user", "mlr", func(in input) []string {
				return []string{"--ijsonl", "--ojsonl", "stats1", "-a", "sum,count", "-f", "amount", "-g", "user", "then", "rename", "amount_sum,total,amount_count,n", in.jsonl}
			}),
		),
		targets: []target{{"Miller", 20, 40}, {"DuckDB, typed", 0.7, 1.5}, {"Rust serde_json, typed struct", 0.7, 1.5}},
	}
	for i := range j.peers {
		j.peers[i].mixed = true // each has an order of groups of its own
	}
	return j
}

func (f folder) startup() job {
	nothing := func(args ...string) func(input) []string { return func(input) []string { return args } }
	return job{
		name: "startup", title: "start-up: a pipeline of five steps over ten items", repeat: 10,
		peers: append(f.flowrun("startup.yaml", 1, nil),
			f.benthos("startup.yaml", 1),
			with("gojq", 1, "gojq -n 220", "gojq", nothing("-n", "220")),
			with("Miller", 1, "mlr -n put -q 'end {print 220}'", "mlr", nothing("-n", "put", "-q", "end {print 220}")),
			with("jq", 1, "jq -n 220", "jq", nothing("-n", "220")),
		),
	}
}

// calls is requests to a server on this machine, whose latency is the ideal. The sum of what came back is the result.
func (f folder) calls(name, title string, n, ms, atOnce int) job {
	url := func(in input) string { return fmt.Sprintf("%s/%d", in.server, ms) }
	const file = "bench/pipelines/calls.yaml"
	start := func(in input, _ string) *exec.Cmd {
		return exec.Command(f.bin("flowrun"), file, "--report", "none", "--set", "url="+url(in), "--set", "n="+strconv.Itoa(in.n), "--set", "at_once="+strconv.Itoa(atOnce))
	}
	return job{
		name: name, title: title,
		peers: []peer{
			{name: "flowrun", size: n, shown: "flowrun " + file, start: start},
			{name: "flowrun again", size: n, shown: "flowrun " + file, start: start},
			with("Go errgroup, net/http", n, "bench/peers/go calls", f.bin("peer-go"), func(in input) []string {
				return []string{"calls", url(in), strconv.Itoa(in.n), strconv.Itoa(atOnce)}
			}),
		},
	}
}
