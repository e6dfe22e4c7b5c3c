package dashboard

import (
	"fmt"
	"strconv"
	"strings"

	"footfall/aggregate/hit"
	"footfall/aggregate/publish"
)

// The functions of this file write published values and days in a language.

// count writes a count: 12,340, or <10.
func (l *language) count(c publish.Count) string {
	n, ok := c.Value()
	if !ok {
		return c.String()
	}
	return l.group(n)
}

// group writes a whole number in groups of three digits.
func (l *language) group(n int64) string {
	s := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteString(l.Thousands)
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ratio writes a share: 44%, or nothing where it is withheld.
func (l *language) ratio(r publish.Ratio) string {
	p, ok := r.Percent()
	if !ok {
		return ""
	}
	return strconv.FormatInt(p, 10) + l.Percent
}

// mean writes a mean time: 1 min 55 s, or nothing where it is withheld.
func (l *language) mean(m publish.Mean) string {
	s, ok := m.Seconds()
	if !ok {
		return ""
	}
	return l.duration(s)
}

func (l *language) duration(s int64) string {
	if s < 60 {
		return strconv.FormatInt(s, 10) + l.Seconds
	}
	out := strconv.FormatInt(s/60, 10) + l.Minutes
	if s%60 > 0 {
		out += "\u00a0" + fmt.Sprintf("%02d", s%60) + l.Seconds
	}
	return out
}

// measure writes a measure of a row, "" where it does not exist.
func (l *language) measure(v publish.Values, m publish.Measure) string {
	if m == publish.VisitTime {
		t, _ := v.VisitTime()
		return l.mean(t)
	}
	c, ok := v.Count(m)
	if !ok {
		return ""
	}
	return l.count(c)
}

func (l *language) dayOfMonth(d int) string {
	if d == 1 {
		return l.FirstOfMonth
	}
	return strconv.Itoa(d)
}

// day writes 24 November 2026.
func (l *language) day(d hit.Day) string {
	y, m, dd := d.Date()
	return l.dayOfMonth(dd) + " " + l.Months[m-1] + " " + strconv.Itoa(y)
}

// weekday writes Tuesday 24 November 2026.
func (l *language) weekday(d hit.Day) string { return l.Weekdays[d.Weekday()] + " " + l.day(d) }

// dayBrief writes Tue 24 Nov.
func (l *language) dayBrief(d hit.Day) string {
	_, m, dd := d.Date()
	return l.WeekdaysShort[d.Weekday()] + " " + l.dayOfMonth(dd) + " " + l.MonthsShort[m-1]
}

// tick writes 24 Nov, for an axis.
func (l *language) tick(d hit.Day) string {
	_, m, dd := d.Date()
	return l.dayOfMonth(dd) + " " + l.MonthsShort[m-1]
}

// month writes November 2026.
func (l *language) month(m hit.Month) string {
	y, mm, _ := m.First().Date()
	return l.Months[mm-1] + " " + strconv.Itoa(y)
}

// days writes a range of days without saying anything twice.
func (l *language) days(from, to hit.Day) string {
	y1, m1, d1 := from.Date()
	y2, m2, _ := to.Date()
	switch {
	case from == to:
		return l.weekday(from)
	case y1 != y2:
		return l.day(from) + " – " + l.day(to)
	case m1 != m2:
		return l.dayOfMonth(d1) + " " + l.Months[m1-1] + " – " + l.day(to)
	}
	return l.dayOfMonth(d1) + " – " + l.day(to)
}

// replace puts values in the places of %s and %d, from the left. Values are
// never read as formats.
func replace(text string, values ...string) string {
	var b strings.Builder
	for _, v := range values {
		i := strings.IndexByte(text, '%')
		if i < 0 || i+1 >= len(text) {
			break
		}
		b.WriteString(text[:i])
		b.WriteString(v)
		text = text[i+2:]
	}
	b.WriteString(text)
	return b.String()
}
