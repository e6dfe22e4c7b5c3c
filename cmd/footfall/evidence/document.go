package evidence

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode/utf8"
)

// Document is a text with its structure.
type Document struct {
	Lang   string  `json:"lang"`
	Title  string  `json:"title"`
	Blocks []Block `json:"blocks"`
}

// Block is one of: a heading, a paragraph, a list, a table, a button.
type Block struct {
	Heading   string     `json:"heading,omitempty"`
	Level     int        `json:"level,omitempty"` // of the heading: 2 or 3
	Paragraph []Span     `json:"paragraph,omitempty"`
	List      [][]Span   `json:"list,omitempty"`
	Table     [][]string `json:"table,omitempty"` // the first row is its head
	Button    *Span      `json:"button,omitempty"`
}

// Span is a run of text, with its address where it is a link.
type Span struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

// parse reads the part of Markdown that the texts are written in: "# " the
// title, "## " and "### " headings, "- " items of a list, "| a | b |" rows of a
// table, "! label | address" the button of a form; any other lines are
// paragraphs, between blank lines, in which [label](address) is a link.
func parse(text, lang string) *Document {
	d := &Document{Lang: lang}
	open := false // whether the next plain line goes on with the last block
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if lang == "fr" {
			line = spaced(line)
		}
		var last *Block
		if open {
			last = &d.Blocks[len(d.Blocks)-1]
		}
		rest, isItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			open = false
			continue
		case strings.HasPrefix(line, "# "):
			d.Title, open = line[2:], false
			continue
		case strings.HasPrefix(line, "## "):
			d.Blocks = append(d.Blocks, Block{Heading: line[3:], Level: 2})
			open = false
			continue
		case strings.HasPrefix(line, "### "):
			d.Blocks = append(d.Blocks, Block{Heading: line[4:], Level: 3})
			open = false
			continue
		case strings.HasPrefix(line, "! "):
			label, address, _ := strings.Cut(line[2:], " | ")
			d.Blocks = append(d.Blocks, Block{Button: &Span{label, address}})
			open = false
			continue
		case isItem && last != nil && last.List != nil:
			last.List = append(last.List, spans(rest))
		case isItem:
			d.Blocks = append(d.Blocks, Block{List: [][]Span{spans(rest)}})
		case strings.HasPrefix(line, "|") && last != nil && last.Table != nil:
			if !strings.HasPrefix(line, "|-") {
				last.Table = append(last.Table, cells(line))
			}
		case strings.HasPrefix(line, "|"):
			d.Blocks = append(d.Blocks, Block{Table: [][]string{cells(line)}})
		case last != nil && last.Paragraph != nil:
			last.Paragraph = append(append(last.Paragraph, Span{Text: " "}), spans(line)...)
		default:
			d.Blocks = append(d.Blocks, Block{Paragraph: spans(line)})
		}
		open = true
	}
	return d
}

// cells splits a row of a table.
func cells(line string) []string {
	out := strings.Split(strings.Trim(line, "|"), "|")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// spans splits a line at its links.
func spans(line string) []Span {
	var out []Span
	for {
		end := strings.Index(line, "](")
		if end < 0 {
			break
		}
		start := strings.LastIndexByte(line[:end], '[')
		length := strings.IndexByte(line[end:], ')')
		if start < 0 || length < 0 {
			break
		}
		if start > 0 {
			out = append(out, Span{Text: line[:start]})
		}
		out = append(out, Span{line[start+1 : end], line[end+2 : end+length]})
		line = line[end+length+1:]
	}
	if line != "" {
		out = append(out, Span{Text: line})
	}
	return out
}

// spaced puts the spaces of French typography, which do not break.
var spaced = strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " ?", "\u00a0?", " !", "\u00a0!", " %", "\u00a0%", "« ", "«\u00a0", " »", "\u00a0»").Replace

// Formats are those that a document writes itself in.
var Formats = []string{"text", "markdown", "html", "json"}

// Write writes the document in a format: text, markdown, html (a whole page,
// which prints well) or json.
func (d *Document) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		return d.writeText(w)
	case "markdown":
		return d.writeMarkdown(w)
	case "html":
		return d.writeHTML(w, "page", "")
	case "json":
		return writeJSON(w, d)
	}
	return fmt.Errorf("format %q: one of %s", format, strings.Join(Formats, ", "))
}

// WriteFragment writes the document as HTML that goes into a page of the
// publisher's: a section without a document around it.
func (d *Document) WriteFragment(w io.Writer) error { return d.writeHTML(w, "section", "") }

// WritePage writes it as a page that takes its style from an address.
func (d *Document) WritePage(w io.Writer, style string) error { return d.writeHTML(w, "page", style) }

//go:embed page.html
var pageHTML string

var pages = template.Must(template.New("").Parse(pageHTML))

func (d *Document) writeHTML(w io.Writer, name, style string) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, struct {
		*Document
		Style string
	}{d, style}); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (d *Document) writeMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# " + d.Title + "\n")
	for _, x := range d.Blocks {
		b.WriteByte('\n')
		switch {
		case x.Heading != "":
			b.WriteString(strings.Repeat("#", x.Level) + " " + x.Heading + "\n")
		case x.Button != nil:
			b.WriteString(markdown([]Span{*x.Button}) + "\n")
		case x.Table != nil:
			for i, row := range x.Table {
				b.WriteString("| " + strings.Join(row, " | ") + " |\n")
				if i == 0 {
					b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
				}
			}
		case x.List != nil:
			for _, item := range x.List {
				b.WriteString("- " + markdown(item) + "\n")
			}
		default:
			b.WriteString(markdown(x.Paragraph) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdown writes spans so that no character of theirs is markup.
func markdown(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		text := strings.NewReplacer("*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `&lt;`).Replace(s.Text)
		if s.URL != "" {
			text = "[" + text + "](" + s.URL + ")"
		}
		b.WriteString(text)
	}
	return b.String()
}

// columns is how wide the text is.
const columns = 88

func (d *Document) writeText(w io.Writer) error {
	var b strings.Builder
	colon := ": "
	if d.Lang == "fr" {
		colon = spaced(" : ")
	}
	b.WriteString(d.Title + "\n" + strings.Repeat("=", utf8.RuneCountInString(d.Title)) + "\n")
	for _, x := range d.Blocks {
		b.WriteByte('\n')
		switch {
		case x.Heading != "":
			rule := "-"
			if x.Level == 3 {
				rule = "."
			}
			b.WriteString(x.Heading + "\n" + strings.Repeat(rule, utf8.RuneCountInString(x.Heading)) + "\n")
		case x.Button != nil:
			wrap(&b, plain([]Span{*x.Button}), "", "")
		case x.Table != nil:
			for _, row := range x.Table[1:] {
				for i, cell := range row {
					indent := "    "
					if i == 0 {
						indent = "  - "
					}
					wrap(&b, x.Table[0][i]+colon+cell, indent, "      ")
				}
			}
		case x.List != nil:
			for _, item := range x.List {
				wrap(&b, plain(item), "  - ", "    ")
			}
		default:
			wrap(&b, plain(x.Paragraph), "", "")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// plain writes spans with the addresses of links behind them.
func plain(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
		if s.URL != "" && s.URL != s.Text {
			b.WriteString(" (" + s.URL + ")")
		}
	}
	return b.String()
}

// wrap writes a paragraph in lines of at most [columns] characters, where its
// words let it.
func wrap(b *strings.Builder, text, first, next string) {
	line, indent := first, next
	empty := true
	for _, word := range strings.Split(text, " ") {
		switch {
		case word == "":
		case empty:
			line, empty = line+word, false
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns:
			b.WriteString(line + "\n")
			line = indent + word
		default:
			line += " " + word
		}
	}
	b.WriteString(line + "\n")
}
