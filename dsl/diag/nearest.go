package diag

import "strings"

// Nearest gives the name that was most probably meant, or "" if none is near: one or two slips away, by the length of
// the name; case and a common beginning count less.
func Nearest(name string, among []string) string {
	best, score := "", 1+min(len(name)/3, 2)*2
	for _, other := range among {
		d := slips(strings.ToLower(name), strings.ToLower(other)) * 2
		if strings.HasPrefix(other, name) {
			d-- // the end is missing
		}
		if d < score && name != other {
			best, score = other, d
		}
	}
	if best == "" && len(name) >= 2 {
		for _, other := range among {
			if strings.HasPrefix(other, name) && (len(name) >= 3 || len(other) == 3) || strings.HasPrefix(name, other) && len(other) >= 3 {
				return other
			}
		}
	}
	return best
}

// slips is the Damerau-Levenshtein distance (optimal string alignment) in bytes.
func slips(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
