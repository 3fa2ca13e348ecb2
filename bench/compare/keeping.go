package main

import (
	"fmt"
	"os/exec"
)

// The jobs whose programs keep something: all of the input, or a table.

func (f folder) sort() job {
	return job{
		name: "sort", title: "JSON lines: sort by user", keeps: true,
		peers: append(f.flowrun("sort.yaml", full, set),
			with("GNU sort of the text", full, "sort --stable --parallel=2 --buffer-size=1G --field-separator=, --key=2,2", "sort", func(in input) []string {
				return []string{"--stable", "--parallel=2", "--buffer-size=1G", "--field-separator=,", "--key=2,2", in.jsonl}
			}),
			duckdb(full, func(in input) string {
				return fmt.Sprintf(`SELECT * FROM read_json('%s', format='newline_delimited', columns={id: 'BIGINT', "user": 'VARCHAR', ts: 'VARCHAR', amount: 'DOUBLE', tags: 'VARCHAR[]', nested: 'STRUCT(city VARCHAR, zip VARCHAR, geo STRUCT(lat DOUBLE, lon DOUBLE))', status: 'VARCHAR'}) ORDER BY "user", id`, in.jsonl)
			}, "FORMAT json"),
			with("jq", small, "jq -s -c 'sort_by(.user)[]'", "jq", func(in input) []string { return []string{"-s", "-c", "sort_by(.user)[]", in.jsonl} }),
			with("Miller", small, "mlr --ijsonl --ojsonl sort -f user", "mlr", func(in input) []string {
				return []string{"--ijsonl", "--ojsonl", "sort", "-f", "user", in.jsonl}
			}),
		),
		targets: []target{{"Miller", 10, 20}, {"DuckDB, typed", 0.7, 1.5}},
	}
}

func (f folder) count() job {
	const uniq = `sort --parallel=2 --buffer-size=1G "$0" | uniq -c | sed -E 's/ *([0-9]+) (.*)/{"n":\1,"key":"\2"}/'`
	const awk = `{n[$0]++} END {for (key in n) printf "{\"key\":\"%s\",\"n\":%d}\n", key, n[key]}`
	j := job{
		name: "count", title: "lines: count of each (10,000 keys)",
		peers: append(f.flowrun("count.yaml", 10*millions, func(in input) string { return "in=" + in.keys }),
			with("awk", 10*millions, "awk '"+awk+"'", "awk", func(in input) []string { return []string{awk, in.keys} }),
			with("GNU sort and uniq", 10*millions, "sort --parallel=2 --buffer-size=1G | uniq -c", "sh", func(in input) []string { return []string{"-c", uniq, in.keys} }),
			duckdb(10*millions, func(in input) string {
				return fmt.Sprintf(`SELECT key, count(*) AS n FROM read_csv('%s', header=false, auto_detect=false, columns={key: 'VARCHAR'}) GROUP BY key`, in.keys)
			}, "FORMAT json"),
			with("Miller", millions, "mlr --inidx --ifs , --ojsonl count-distinct -f 1 -o n", "mlr", func(in input) []string {
				return []string{"--inidx", "--ifs", ",", "--ojsonl", "count-distinct", "-f", "1", "-o", "n", "then", "rename", "1,key", in.keys}
			}),
		),
		targets: []target{{"Miller", 3, 10}, {"GNU sort and uniq", 2, 5}},
	}
	for i := range j.peers {
		j.peers[i].mixed = true
	}
	return j
}

func (f folder) join() job {
	const awk = `BEGIN {print "id,user,amount,district"} NR == FNR {district[$1] = $2; next} FNR > 1 && $7 in district {print $1, $2, $4, district[$7]}`
	peers := f.flowrun("join.yaml", full, func(in input) string { return "in=" + in.csv })
	for i := range peers {
		start := peers[i].start
		peers[i].start = func(in input, out string) *exec.Cmd {
			cmd := start(in, out)
			cmd.Args = append(cmd.Args, "--set", "table="+in.zips)
			return cmd
		}
	}
	return job{
		name: "join", title: "CSV: join with a table of 100,000", keeps: true,
		peers: append(peers,
			with("awk", full, "awk -F, -v OFS=, '"+awk+"'", "awk", func(in input) []string { return []string{"-F,", "-v", "OFS=,", awk, in.zips, in.csv} }),
			func() peer {
				p := duckdb(full, func(in input) string {
					return fmt.Sprintf(`SELECT id, "user", amount, district FROM read_csv('%s', types={'zip': 'VARCHAR'}) JOIN read_csv('%s', types={'zip': 'VARCHAR'}) USING (zip)`, in.csv, in.zips)
				}, "FORMAT csv")
				p.mixed = true
				return p
			}(),
			with("Miller", full, "mlr --csv join -j zip -f zips.csv then cut -o -f id,user,amount,district", "mlr", func(in input) []string {
				return []string{"--csv", "join", "-j", "zip", "-f", in.zips, "then", "cut", "-o", "-f", "id,user,amount,district", in.csv}
			}),
		),
		targets: []target{{"Miller", 3, 10}, {"DuckDB, typed", 0.3, 1}},
	}
}
