package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// normal gives a result in a form that is the same for all who are right: numbers to nine digits, and the fields of
// objects sorted. Lines of numbers are added up to one, as a peer may leave that to its reader.
func normal(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	sum, numbers := 0.0, true
	s := bufio.NewScanner(f)
	for s.Scan() {
		n, err := strconv.ParseFloat(s.Text(), 64)
		numbers = numbers && err == nil
		sum += n
		line, err := normalLine(s.Text())
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	if numbers {
		return []string{number(sum)}, s.Err()
	}
	return lines, s.Err()
}

func normalLine(line string) (string, error) {
	if strings.HasPrefix(line, "{") {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			return "", fmt.Errorf("%w: %s", err, line)
		}
		for name, x := range fields {
			if n, ok := x.(float64); ok {
				fields[name] = number(n)
			}
		}
		text, err := json.Marshal(fields)
		return string(text), err
	}
	cells := strings.Split(line, ",")
	for i, cell := range cells {
		if n, err := strconv.ParseFloat(cell, 64); err == nil {
			cells[i] = number(n)
		}
	}
	return strings.Join(cells, ","), nil
}

func number(n float64) string { return strconv.FormatFloat(n, 'g', 9, 64) }

// agree compares the result of a peer with flowrun's.
func agree(p peer, got, want []string) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s gives %d lines, and flowrun %d", p.name, len(got), len(want))
	}
	if p.mixed {
		got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Errorf("%s gives %s, and flowrun %s", p.name, got[i], want[i])
		}
	}
	return nil
}
