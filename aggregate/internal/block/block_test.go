package block

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata of the present version anew")

// fatal is what a testing.TB and a rapid.T have in common.
type fatal interface {
	Helper()
	Fatal(...any)
}

func encode(t fatal, d *Day) []byte {
	t.Helper()
	b, err := Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t fatal, b []byte) *Block {
	t.Helper()
	bl, err := Open(b)
	if err != nil {
		t.Fatal(err)
	}
	return bl
}

func drawLabels(t *rapid.T, most int, what string) []uint32 {
	label := rapid.OneOf(rapid.Uint32Range(0, 60), rapid.Uint32())
	labels := rapid.SliceOfNDistinct(label, 0, most, rapid.ID[uint32]).Draw(t, what)
	slices.Sort(labels)
	return labels
}

// drawNumbers draws numbers alike, as those of a column are, or of all sizes.
func drawNumbers(t *rapid.T, n int) []uint64 {
	most := rapid.SampledFrom([]uint64{0, 1, 3, 300, 1 << 40, maxValue}).Draw(t, "most")
	return rapid.SliceOfN(rapid.Uint64Range(0, most), n, n).Draw(t, "n")
}

func drawDay(t *rapid.T) *Day {
	d := &Day{
		Flags:    Flags(rapid.Uint16Range(0, uint16(flagsEnd)-1).Draw(t, "flags")),
		Restarts: rapid.Uint16().Draw(t, "restarts"),
		Level:    rapid.Uint8().Draw(t, "level"),
	}
	some := rapid.IntRange(0, 3)
	for table := range tableEnd {
		if some.Draw(t, "has") == 0 {
			labels := drawLabels(t, 40, table.String())
			d.Rows[table] = Rows{labels, drawNumbers(t, len(labels)*Width(table))}
		}
	}
	for cross := range crossEnd {
		if some.Draw(t, "has") == 0 {
			d.Cells[cross] = drawCells(t, cross.String())
		}
	}
	return d
}

func drawCells(t *rapid.T, what string) (c Cells) {
	for _, outer := range drawLabels(t, 40, what) {
		for _, inner := range drawLabels(t, 6, "inner") {
			c.Outer, c.Inner = append(c.Outer, outer), append(c.Inner, inner)
		}
	}
	c.N = drawNumbers(t, len(c.Outer))
	return c
}

// written returns the day without its empty rows and cells, as Decode gives it.
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
		out.Cells[c] = filter(d.Cells[c], func(i int) bool { return d.Cells[c].N[i] > 0 })
	}
	return &out
}

func filter(c Cells, keep func(i int) bool) (out Cells) {
	for i := range c.N {
		if keep(i) {
			out.Outer, out.Inner, out.N = append(out.Outer, c.Outer[i]), append(out.Inner, c.Inner[i]), append(out.N, c.N[i])
		}
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t)
		b := encode(t, d)
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		want := written(d)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
		bl := open(t, b)
		if bl.Flags() != d.Flags || bl.Restarts() != d.Restarts || bl.Level() != d.Level {
			t.Fatalf("got flags %d, restarts %d, level %d", bl.Flags(), bl.Restarts(), bl.Level())
		}
	})
}

// TestEmptyRowsLeaveNoTrace encodes a day with and without its empty rows.
func TestEmptyRowsLeaveNoTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t)
		if got, want := encode(t, d), encode(t, written(d)); !bytes.Equal(got, want) {
			t.Fatalf("got %x\nwant %x", got, want)
		}
	})
}

func TestSmallest(t *testing.T) {
	b := encode(t, &Day{})
	if len(b) != 25 {
		t.Errorf("a day of nothing has %d bytes, want 25", len(b))
	}
	d, err := Decode(b)
	if err != nil || !reflect.DeepEqual(d, &Day{}) {
		t.Errorf("got %+v, %v", d, err)
	}
}

// TestRead compares the first measures of each row with all of them, in room
// used before.
func TestRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bl := open(t, encode(t, drawDay(t)))
		var rows Rows
		for table := range tableEnd {
			all, err := bl.Rows(table)
			if err != nil {
				t.Fatal(err)
			}
			w := Width(table)
			for m := 1; m <= w; m++ {
				if err := bl.Read(table, m, &rows); err != nil {
					t.Fatal(err)
				}
				var want []uint64
				for i := range all.Labels {
					want = append(want, all.N[i*w:i*w+m]...)
				}
				if !slices.Equal(rows.Labels, all.Labels) || !slices.Equal(rows.N, want) {
					t.Fatalf("%v, %d measures: got %v, want %v %v", table, m, rows, all.Labels, want)
				}
			}
		}
	})
}

func TestCellsOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &Day{}
		d.Cells[PageBrowsers] = drawCells(t, "cells")
		bl := open(t, encode(t, d))
		all := written(d).Cells[PageBrowsers]
		outers := append(slices.Clone(all.Outer), 0, 7, 1<<32-1)
		for _, outer := range outers {
			want := filter(all, func(i int) bool { return all.Outer[i] == outer })
			got, err := bl.CellsOf(PageBrowsers, outer)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("of %d: got %v, %v, want %v", outer, got, err, want)
			}
		}
	})
}

func TestAbsent(t *testing.T) {
	bl := open(t, encode(t, &Day{}))
	for table := range tableEnd + 3 {
		if rows, err := bl.Rows(table); err != nil || rows.Labels != nil || rows.N != nil {
			t.Errorf("%v: got %v, %v", table, rows, err)
		}
	}
	for cross := range crossEnd + 3 {
		cells, err := bl.Cells(cross)
		of, errOf := bl.CellsOf(cross, 1)
		if err != nil || errOf != nil || cells.N != nil || of.N != nil {
			t.Errorf("%v: got %v, %v; %v, %v", cross, cells, err, of, errOf)
		}
	}
}

func TestTables(t *testing.T) {
	names := map[string]bool{}
	for table := range tableEnd {
		if Width(table) < 1 || Width(table) > 8 {
			t.Errorf("%v has %d measures; a relation has three bits for one of them", table, Width(table))
		}
		names[table.String()] = true
	}
	for cross := range crossEnd {
		names[cross.String()] = true
	}
	if len(names) != int(tableEnd)+int(crossEnd) || names[""] {
		t.Errorf("got %d names, want one for each table", len(names))
	}
	if Width(tableEnd) != 0 || tableEnd.String() != "no table" || crossEnd.String() != "no cross" {
		t.Error("a number that is no table's has a width or a name")
	}
	for cross := PageReferrers; cross < SectionReferrers; cross++ {
		_, page, _ := strings.Cut(cross.String(), " ")
		_, section, _ := strings.Cut((cross + SectionReferrers).String(), " ")
		if page != section {
			t.Errorf("%v stands where %v does", cross+SectionReferrers, cross)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Day){
		"an unknown flag":   func(d *Day) { d.Flags = flagsEnd },
		"labels descending": func(d *Day) { d.Rows[Bots] = Rows{[]uint32{2, 1}, []uint64{1, 1}} },
		"a label twice":     func(d *Day) { d.Rows[Bots] = Rows{[]uint32{2, 2}, []uint64{1, 1}} },
		"an empty row out of order": func(d *Day) {
			d.Rows[Bots] = Rows{[]uint32{2, 1, 3}, []uint64{1, 0, 1}}
		},
		"too few measures":     func(d *Day) { d.Rows[Pages] = Rows{[]uint32{1}, []uint64{1}} },
		"measures of no label": func(d *Day) { d.Rows[Bots] = Rows{nil, []uint64{1}} },
		"a large number":       func(d *Day) { d.Rows[Bots] = Rows{[]uint32{1}, []uint64{1 << 63}} },
		"too many rows": func(d *Day) {
			rows := Rows{make([]uint32, MaxRows+1), make([]uint64, MaxRows+1)}
			for i := range rows.Labels {
				rows.Labels[i], rows.N[i] = uint32(i), 1
			}
			d.Rows[Failed] = rows
		},
		"outer labels descending": func(d *Day) {
			d.Cells[PageLoad] = Cells{[]uint32{2, 1}, []uint32{1, 1}, []uint64{1, 1}}
		},
		"inner labels descending": func(d *Day) {
			d.Cells[PageLoad] = Cells{[]uint32{2, 2}, []uint32{2, 1}, []uint64{1, 1}}
		},
		"a cell twice": func(d *Day) {
			d.Cells[PageLoad] = Cells{[]uint32{2, 2}, []uint32{2, 2}, []uint64{1, 1}}
		},
		"too few inner labels": func(d *Day) { d.Cells[PageLoad] = Cells{[]uint32{2}, nil, []uint64{1}} },
		"too few numbers":      func(d *Day) { d.Cells[PageLoad] = Cells{[]uint32{2}, []uint32{2}, nil} },
		"a large cell": func(d *Day) {
			d.Cells[PageLoad] = Cells{[]uint32{2}, []uint32{2}, []uint64{1 << 63}}
		},
		"too many cells": func(d *Day) {
			c := Cells{make([]uint32, MaxCells+1), make([]uint32, MaxCells+1), make([]uint64, MaxCells+1)}
			for i := range c.Inner {
				c.Inner[i], c.N[i] = uint32(i), 1
			}
			d.Cells[PageLoad] = c
		},
	} {
		d := sample()
		spoil(d)
		if b, err := Encode(d); err == nil || b != nil {
			t.Errorf("%s: got %d bytes, %v, want an error", name, len(b), err)
		}
	}
}

// TestGolden opens the blocks that every released version wrote. Only the
// present version is ever written anew.
func TestGolden(t *testing.T) {
	if *update {
		for name, d := range map[string]*Day{"sample": sample(), "day": newSite(3, 300).day(400), "empty": {}} {
			if err := os.WriteFile(filepath.Join("testdata", "v1", name+".block"), encode(t, d), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob("testdata/v*/*.block")
	if err != nil || len(files) < 3 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	days := map[string]*Day{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Decode(b)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		days[filepath.Base(file)] = d
		if !bytes.Equal(encode(t, d), b) {
			t.Errorf("%s: encoded anew it differs", file)
		}
	}
	if !reflect.DeepEqual(days["sample.block"], sample()) || !reflect.DeepEqual(days["empty.block"], &Day{}) {
		t.Error("not the days that were written")
	}
	if got, want := days["day.block"].Rows[Site].N, []uint64{400, 210, 210, 101, 10190}; !slices.Equal(got, want) {
		t.Errorf("got %v as the day's totals, want %v", got, want)
	}
}

// sample is a day with something in every table, large numbers and small.
func sample() *Day {
	d := &Day{Flags: Imported | NoVisitors, Restarts: 2, Level: 1}
	for table := range tableEnd {
		rows := &d.Rows[table]
		for i := range 3 {
			rows.Labels = append(rows.Labels, uint32(table)+uint32(i*i*5))
			for m := range Width(table) {
				rows.N = append(rows.N, uint64(1+i*m+int(table)))
			}
		}
		rows.N[0] = 1 << (3 * table)
	}
	for cross := range crossEnd {
		cells := &d.Cells[cross]
		for i := range 20 {
			cells.Outer = append(cells.Outer, uint32(i/3*7))
			cells.Inner = append(cells.Inner, uint32(i%3*int(cross+1)))
			cells.N = append(cells.N, uint64(1+i%4))
		}
		cells.Outer[19], cells.N[3] = 1<<32-1, 1<<(2*cross)
	}
	cells := &d.Cells[PageCountries] // more than a chunk
	for i := range 50 {
		cells.Outer, cells.Inner, cells.N = append(cells.Outer, uint32(i)), append(cells.Inner, 9), append(cells.N, 1)
	}
	slices.Sort(cells.Outer)
	for i := range cells.Inner {
		cells.Inner[i] = uint32(i)
	}
	return d
}
