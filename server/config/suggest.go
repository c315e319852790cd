package config

import (
	"fmt"
	"strings"
)

// hint says what to write instead of an unknown key: the nearest key of the
// same group, or where that key belongs, or what there is.
func hint(key, path string, fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	if near, ok := nearest(key, names); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if group, ok := home(key); ok && group == "" {
		return "it belongs at the top of the file, without indentation"
	} else if ok {
		return fmt.Sprintf("it belongs in %q", group)
	}
	where := "at the top of the file"
	if path != "" {
		where = "here"
	}
	return fmt.Sprintf("the keys %s are %s", where, strings.Join(names, ", "))
}

// home finds the first group that has a key, whether it holds a value or is a
// group itself.
func home(key string) (group string, ok bool) {
	for _, k := range allKeys() {
		path := strings.Split(k.Path, ".")
		for i := range path {
			if strings.TrimSuffix(path[i], "[]") == key {
				return strings.Join(path[:i], "."), true
			}
		}
	}
	return "", false
}

// hintVariable says what to set instead of a variable that fits no key.
func hintVariable(name string) string {
	// Indexes are compared as <N> and put back in their order.
	parts, indexes := strings.Split(name, "_"), []string{}
	for i, p := range parts {
		if p != "" && strings.Trim(p, "0123456789") == "" {
			indexes = append(indexes, p)
			parts[i] = anyIndex
		}
	}
	keys := allKeys()
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Env
	}
	near, ok := nearest(strings.Join(parts, "_"), names)
	if !ok {
		return "unset it, or see the names in docs/configuration.md"
	}
	for _, n := range indexes {
		near = strings.Replace(near, anyIndex, n, 1)
	}
	return fmt.Sprintf("did you mean %s?", strings.ReplaceAll(near, anyIndex, "0"))
}

// nearest finds the name that takes the fewest edits to reach, if these are
// few for its length. The first of equals wins.
func nearest(word string, names []string) (string, bool) {
	const longest = 100 // edits are counted in quadratic time
	if len(word) > longest {
		return "", false
	}
	best, fewest := "", max(2, len(word)/4)+1
	for _, name := range names {
		if n := edits(strings.ToLower(word), strings.ToLower(name)); n < fewest && n < len(name) {
			best, fewest = name, n
		}
	}
	return best, best != ""
}

// edits is the Levenshtein distance in bytes, with a swap of neighbours
// counting as one.
func edits(a, b string) int {
	older, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, last, row = last, row, older
	}
	return last[len(b)]
}
