package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// data makes the input: the same lines every time. JSON lines of 204 bytes on average, with 10,000 users; the same as
// CSV, flattened; ten times as many lines with a user alone; and a table of all zips.
func data(dir string, lines int) (err error) {
	jsonl, err := create(filepath.Join(dir, "data.jsonl"))
	if err != nil {
		return err
	}
	csv, err := create(filepath.Join(dir, "data.csv"))
	if err != nil {
		return err
	}
	fmt.Fprintln(csv, "id,user,ts,amount,tag,city,zip,lat,lon,status")
	rnd := rand.New(rand.NewPCG(1, 2))
	cities := []string{"Berlin", "Oslo", "São Paulo", "New York", "Kyoto", "Nairobi", "Quito", "Perth"}
	tags := []string{"alpha", "beta", "gamma", "delta", "epsilon", "zeta"}
	statuses := []string{"ok", "ok", "ok", "ok", "ok", "ok", "ok", "failed", "failed", "pending"}
	for id := range lines {
		user, city, tag := rnd.IntN(10_000), cities[rnd.IntN(len(cities))], tags[rnd.IntN(len(tags))]
		ts := fmt.Sprintf("2024-%02d-%02dT%02d:%02d:%02dZ", 1+rnd.IntN(12), 1+rnd.IntN(28), rnd.IntN(24), rnd.IntN(60), rnd.IntN(60))
		cents, zip, lat, lon := rnd.IntN(20_000), rnd.IntN(100_000), rnd.Float64()*180-90, rnd.Float64()*360-180
		status := statuses[rnd.IntN(len(statuses))]
		amount := fmt.Sprintf("%d.%02d", cents/100, cents%100)
		fmt.Fprintf(jsonl, `{"id":%d,"user":"user%04d","ts":"%s","amount":%s,"tags":["%s","%s"],"nested":{"city":"%s","zip":"%05d","geo":{"lat":%.8f,"lon":%.8f}},"status":"%s"}`+"\n",
			1_000_000+id, user, ts, amount, tag, tags[rnd.IntN(len(tags))], city, zip, lat, lon, status)
		fmt.Fprintf(csv, "%d,user%04d,%s,%s,%s,%s,%05d,%.8f,%.8f,%s\n", 1_000_000+id, user, ts, amount, tag, city, zip, lat, lon, status)
	}
	if err := jsonl.close(); err != nil {
		return err
	}
	if err := csv.close(); err != nil {
		return err
	}
	keys, err := create(filepath.Join(dir, "data.keys"))
	if err != nil {
		return err
	}
	for range 10 * lines {
		fmt.Fprintf(keys, "user%04d\n", rnd.IntN(10_000))
	}
	if err := keys.close(); err != nil {
		return err
	}
	zips, err := create(filepath.Join(dir, "zips.csv"))
	if err != nil {
		return err
	}
	fmt.Fprintln(zips, "zip,district")
	for i, zip := range rnd.Perm(100_000) {
		fmt.Fprintf(zips, "%05d,district %d\n", zip, i%997)
	}
	return zips.close()
}

// output is a buffered file. What goes wrong is told at its end.
type output struct {
	*bufio.Writer
	file *os.File
}

func create(path string) (*output, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &output{bufio.NewWriterSize(f, 1<<20), f}, nil
}

func (o *output) close() error {
	if err := o.Flush(); err != nil {
		return err
	}
	return o.file.Close()
}

// head copies the first lines of a file, for peers that would take too long over all of it.
func head(from, to string, lines int) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	out, err := create(to)
	if err != nil {
		return err
	}
	s := bufio.NewScanner(f)
	for range lines {
		if !s.Scan() {
			break
		}
		fmt.Fprintln(out, s.Text())
	}
	if err := s.Err(); err != nil {
		return err
	}
	return out.close()
}
