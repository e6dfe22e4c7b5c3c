package dashboard

// periodBody is the choice of days.
type periodBody struct {
	Host           string
	HostURL        string
	Days, Label    string
	First, More    []link
	MoreOn         string // name of the chosen period, if it stands in the menu
	Earlier, Later string
	FromDay, ToDay string
	Least, Most    string // what the inputs take
	Action         string
	Fields         []field
}

func (r *reading) periodBody() periodBody {
	l, v := r.c.l, r.view
	home := view{host: v.host, lang: v.lang, span: v.span}
	b := periodBody{
		Host: v.host, HostURL: home.link(r.c.root), Days: l.days(v.span.from, v.span.to), Label: l.label(v.span),
		FromDay: v.span.from.String(), ToDay: v.span.to.String(),
		Least: r.kept.String(), Most: r.today.String(),
		Action: r.c.root + "sites/" + v.host, Fields: v.fields("period", "from", "to"),
	}
	if v.dim != "" {
		b.Action += "/by/" + v.dim
	}
	for _, name := range firstPeriods {
		b.First = append(b.First, r.periodLink(name, name == "month"))
	}
	for _, name := range morePeriods {
		if v.span.name == name && name != "month" {
			b.MoreOn = l.Periods[name]
		}
		b.More = append(b.More, r.periodLink(name, name == "month"))
	}
	if v.span.name == custom {
		b.MoreOn = l.Periods[custom]
	}
	if s := v.span.earlier(); s.to >= r.kept {
		b.Earlier = v.withSpan(s).link(r.c.root)
	}
	if s, ok := v.span.later(r.today); ok {
		b.Later = v.withSpan(s).link(r.c.root)
	}
	return b
}

func (r *reading) periodLink(name string, narrow bool) link {
	return link{
		Name: r.c.l.Periods[name], URL: r.view.withPeriod(name).link(r.c.root), On: r.view.span.name == name, Narrow: narrow,
	}
}
