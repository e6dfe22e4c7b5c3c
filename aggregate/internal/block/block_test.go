package block

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawLabels(t *rapid.T, most int, what string) []uint32 {
	labels := rapid.SliceOfNDistinct(rapid.OneOf(rapid.Uint32Range(0, 40), rapid.Uint32()), 0, most, rapid.ID[uint32]).Draw(t, what)
	slices.Sort(labels)
	return labels
}

func drawNumber() *rapid.Generator[uint64] {
	return rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64Range(0, 300), rapid.Uint64Range(0, maxValue))
}

func drawDay(t *rapid.T) *Day {
	d := &Day{
		Flags:    Flags(rapid.Uint16Range(0, uint16(flagsEnd)-1).Draw(t, "flags")),
		Restarts: rapid.Uint16().Draw(t, "restarts"),
		Level:    rapid.Uint8().Draw(t, "level"),
	}
	for table := range tableEnd {
		if rapid.Bool().Draw(t, "has "+table.String()) {
			labels := drawLabels(t, 40, table.String())
			n := len(labels) * Width(table)
			d.Rows[table] = Rows{labels, rapid.SliceOfN(drawNumber(), n, n).Draw(t, "n")}
		}
	}
	for cross := range crossEnd {
		if !rapid.Bool().Draw(t, "has "+cross.String()) {
			continue
		}
		var c Cells
		for _, outer := range drawLabels(t, 40, cross.String()) {
			for _, inner := range drawLabels(t, 6, "inner") {
				c.Outer, c.Inner = append(c.Outer, outer), append(c.Inner, inner)
				c.N = append(c.N, drawNumber().Draw(t, "n"))
			}
		}
		d.Cells[cross] = c
	}
	return d
}

// written returns the day as Decode gives it: without what is empty.
func written(d *Day) *Day {
	out := *d
	for t := range tableEnd {
		in, w := d.Rows[t], Width(t)
		out.Rows[t] = Rows{}
		for i, label := range in.Labels {
			if m := in.N[i*w : (i+1)*w]; slices.Max(m) > 0 {
				out.Rows[t].Labels = append(out.Rows[t].Labels, label)
				out.Rows[t].N = append(out.Rows[t].N, m...)
			}
		}
	}
	for c := range crossEnd {
		in := d.Cells[c]
		var kept Cells
		for i, n := range in.N {
			if n > 0 {
				kept.Outer, kept.Inner, kept.N = append(kept.Outer, in.Outer[i]), append(kept.Inner, in.Inner[i]), append(kept.N, n)
			}
		}
		out.Cells[c] = kept
	}
	return &out
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t)
		b, err := Encode(d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		want := written(d)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}
