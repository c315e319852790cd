package wire

import "strconv"

// maxMetadataDepth bounds session metadata, which may nest, unlike that of
// affiliates and intents.
const maxMetadataDepth = 5

// flatMetadata reads a flat object of strings, numbers and booleans.
func (v value) flatMetadata() map[string]any {
	if !v.object() {
		return nil
	}
	v.boundMetadata()
	m := make(map[string]any)
	for name, member := range v.members() {
		switch member.kind() {
		case '{', '[', 'n':
			member.wrongType("a string, number or boolean; metadata is flat")
		default:
			m[name] = member.any(0)
		}
	}
	return m
}

// metadata reads an object of whatever the agent put there, within bounds.
func (v value) metadata() map[string]any {
	if !v.object() {
		return nil
	}
	v.boundMetadata()
	m, _ := v.any(maxMetadataDepth).(map[string]any)
	return m
}

// boundMetadata refuses an object with too many members or too many bytes of
// text in it.
func (v value) boundMetadata() {
	doc, members := v.r.doc, 0
	for i := doc.nodes[v.at].first; i > 0; i = doc.nodes[i].next {
		members++
	}
	if most := doc.limits.MetadataMembers; members > most {
		v.refuse("Too many members. Send at most " + strconv.Itoa(most) + ".")
	}
	// The nodes of a value stand together, after it.
	size := 0
	for i := v.at + 1; int(i) < len(doc.nodes) && doc.within(i, v.at); i++ {
		n := &doc.nodes[i]
		size += len(n.name) + len(n.text)
		// The path to a member says its name, so a name is refused at the whole.
		if v.card(n.name) || (value{r: v.r, at: i, in: n.parent}).card(n.text) {
			return
		}
	}
	if most := doc.limits.MetadataBytes; size > most {
		v.refuse("Too large. Send at most " + strconv.Itoa(most) + " bytes of names and values.")
	}
}

// within reports whether node i is somewhere below node top.
func (doc *Document) within(i, top int32) bool {
	for i > top {
		i = doc.nodes[i].parent
	}
	return i == top
}

// any is the value in Go's terms: string, bool, int64 for whole numbers,
// float64 for others, nil, []any and map[string]any of at most depth levels.
func (v value) any(depth int) any {
	n := &v.r.doc.nodes[v.at]
	switch n.kind {
	case '"':
		return n.text
	case 't', 'f':
		return n.kind == 't'
	case '0':
		if whole, ok, inRange := integer(n.text); ok && inRange {
			return whole
		}
		f, err := strconv.ParseFloat(n.text, 64)
		if err != nil {
			v.refuse("Out of range. Send a number that a double can hold.")
		}
		return f
	case '[', '{':
		if depth == 0 {
			v.refuse("Nested too deeply. Send at most " + strconv.Itoa(maxMetadataDepth) + " levels of metadata.")
			return nil
		}
	}
	switch n.kind {
	case '[':
		list := []any{}
		for i := n.first; i > 0; i = v.r.doc.nodes[i].next {
			list = append(list, value{r: v.r, at: i, in: v.at}.any(depth-1))
		}
		return list
	case '{':
		m := make(map[string]any)
		for name, member := range v.members() {
			m[name] = member.any(depth - 1)
		}
		return m
	}
	return nil
}
