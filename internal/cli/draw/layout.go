package draw

import (
	"slices"

	"golang.org/x/text/width"
)

// layout is where everything stands in a picture. Boxes stand in the even layers, what stands on arrows in the odd ones.
type layout struct {
	places        []*place
	layers        [][]*place // from left to right
	segments      []segment
	bottom        []float64 // of each layer
	width, height float64
}

// place is what takes room in a layer: a box, the text of an arrow, or an arrow that passes.
type place struct {
	box   *Box // nil: it is of an arrow
	lines []string
	layer int
	x, y  float64 // of the middle, of the top
	w, h  float64
	ups   []*place // that lines come from
	downs []*place
}

func (v *place) inset() float64 {
	if v.box != nil {
		return padding
	}
	return 0
}

// segment is the part of an arrow between two neighbouring layers. It leaves and comes so far beside the middle of the places.
type segment struct {
	arrow    *Arrow
	from, to *place
	out, in  float64
}

func (d *Drawing) layout() *layout {
	l := &layout{}
	rank := make([]int, len(d.Boxes))
	for i := range d.Boxes {
		for _, a := range d.Arrows {
			if a.To == i {
				rank[i] = max(rank[i], rank[a.From]+1)
			}
		}
	}
	at := make([]*place, len(d.Boxes))
	for i := range d.Boxes {
		at[i] = l.place(&place{box: &d.Boxes[i], lines: d.Boxes[i].Lines, layer: 2 * rank[i]})
	}
	for k := range d.Arrows {
		a := &d.Arrows[k]
		from := at[a.From]
		for layer := from.layer + 1; layer < at[a.To].layer; layer++ {
			v := &place{layer: layer}
			if layer == from.layer+1 && at[a.From] == from && a.text() != "" {
				v.lines = []string{a.text()}
			}
			l.place(v)
			l.join(a, from, v)
			from = v
		}
		l.join(a, from, at[a.To])
	}
	for range 4 {
		l.arrange(func(v *place) []*place { return v.ups }, false)
		l.arrange(func(v *place) []*place { return v.downs }, true)
	}
	l.arrange(func(v *place) []*place { return v.ups }, false)
	l.measure()
	for range 8 {
		l.shift(func(v *place) []*place { return v.ups }, false)
		l.shift(func(v *place) []*place { return v.downs }, true)
	}
	l.frame()
	l.fan()
	return l
}

func (l *layout) place(v *place) *place {
	columns := 0
	for _, text := range v.lines {
		columns = max(columns, columnsOf(text))
	}
	if len(v.lines) > 0 {
		v.w, v.h = float64(columns)*charWidth+2*padding, float64(len(v.lines))*lineHeight+2*v.inset()
	}
	for len(l.layers) <= v.layer {
		l.layers = append(l.layers, nil)
	}
	l.layers[v.layer] = append(l.layers[v.layer], v)
	l.places = append(l.places, v)
	return v
}

// columnsOf gives how many columns a text takes.
func columnsOf(text string) (n int) {
	for _, r := range text {
		n++
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n++
		}
	}
	return n
}

func (l *layout) join(a *Arrow, from, to *place) {
	from.downs, to.ups = append(from.downs, to), append(to.ups, from)
	l.segments = append(l.segments, segment{arrow: a, from: from, to: to})
}

// arrange orders each layer by the mean place of its neighbours in the one before it, or, upwards, in the one after it: so fewer
// lines cross.
func (l *layout) arrange(neighbours func(*place) []*place, upwards bool) {
	l.each(upwards, func(layer []*place) {
		mean := map[*place]float64{}
		for i, v := range layer {
			mean[v] = float64(i)
			if near := neighbours(v); len(near) > 0 {
				sum := 0
				for _, n := range near {
					sum += slices.Index(l.layers[n.layer], n)
				}
				mean[v] = float64(sum) / float64(len(near))
			}
		}
		slices.SortStableFunc(layer, func(a, b *place) int {
			switch {
			case mean[a] < mean[b]:
				return -1
			case mean[a] > mean[b]:
				return 1
			}
			return 0
		})
	})
}

func (l *layout) each(upwards bool, f func(layer []*place)) {
	for i := range l.layers {
		if upwards {
			i = len(l.layers) - 1 - i
		}
		f(l.layers[i])
	}
}

// measure gives every place its height, and a first place across.
func (l *layout) measure() {
	y := margin
	for _, layer := range l.layers {
		x, high := 0.0, 0.0
		for _, v := range layer {
			v.x, v.y = x+v.w/2, y
			x += v.w + gapAcross
			high = max(high, v.h)
		}
		l.bottom = append(l.bottom, y+high)
		y += high + gapDown
	}
}

// shift moves the places of each layer towards their neighbours, as far as those beside them let them.
func (l *layout) shift(neighbours func(*place) []*place, upwards bool) {
	l.each(upwards, func(layer []*place) {
		wanted := make([]float64, len(layer))
		for i, v := range layer {
			wanted[i] = v.x
			if near := neighbours(v); len(near) > 0 {
				wanted[i] = 0
				for _, n := range near {
					wanted[i] += n.x / float64(len(near))
				}
			}
		}
		off := 0.0
		for i, v := range layer {
			v.x = wanted[i]
			if i > 0 {
				left := layer[i-1]
				v.x = max(v.x, left.x+left.w/2+gapAcross+v.w/2)
			}
			off += v.x - wanted[i]
		}
		for _, v := range layer { // all of them by the same, so that they are as near as they can be together
			v.x -= off / float64(len(layer))
		}
	})
}

// frame moves everything into the picture.
func (l *layout) frame() {
	left, right := 0.0, 0.0
	for i, v := range l.places {
		if i == 0 {
			left, right = v.x-v.w/2, v.x+v.w/2
		}
		left, right = min(left, v.x-v.w/2), max(right, v.x+v.w/2)
	}
	for _, v := range l.places {
		v.x += margin - left
	}
	l.width, l.height = right-left+2*margin, margin
	if len(l.bottom) > 0 {
		l.height += l.bottom[len(l.bottom)-1]
	}
}

// fan spreads the lines that leave a box, and those that come to it, over its width.
func (l *layout) fan() {
	spread := func(end func(*segment) (*place, *float64, float64)) {
		of := map[*place][]*segment{}
		for i := range l.segments {
			v, _, _ := end(&l.segments[i])
			of[v] = append(of[v], &l.segments[i])
		}
		for v, all := range of {
			slices.SortStableFunc(all, func(a, b *segment) int {
				_, _, x := end(a)
				_, _, y := end(b)
				return int(x - y)
			})
			for k, s := range all {
				_, off, _ := end(s)
				*off = v.w * (float64(k+1)/float64(len(all)+1) - 0.5)
			}
		}
	}
	spread(func(s *segment) (*place, *float64, float64) { return s.from, &s.out, s.to.x })
	spread(func(s *segment) (*place, *float64, float64) { return s.to, &s.in, s.from.x })
}
