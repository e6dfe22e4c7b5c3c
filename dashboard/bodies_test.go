package dashboard

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// bodies are what each page's template is given.
var bodies = map[string]any{
	"about": aboutBody{}, "doctor": doctorBody{}, "error": errorWords{}, "install": installBody{}, "log": logBody{},
	"login": loginBody{}, "marks": marksBody{}, "rows": rowsBody{}, "settings": settingsBody{}, "setup": setupBody{}, "site": siteBody{}, "sites": sitesBody{},
}

// noCounts are numbers in a template's data that count nobody: where a setting came from, how dark a cell
// is drawn, of a published value.
var noCounts = []string{"heatCell.Shade", "Setting.Source"}

// TestTemplatesGetNoNumbers: what templates are given is text that published
// values made, drawings whose coordinates come from published values, or a
// published value itself. A number of another kind could be a raw count.
func TestTemplatesGetNoNumbers(t *testing.T) {
	s := newServer(t)
	for name := range s.d.pages {
		body, ok := bodies[name]
		if !ok {
			t.Errorf("the page %s is not looked at: name its body here", name)
			continue
		}
		for _, found := range numbers(reflect.TypeOf(body), "", nil) {
			t.Errorf("%s: %s", name, found)
		}
	}
	type leak struct{ Cards []struct{ Views int64 } }
	if got := numbers(reflect.TypeOf(leak{}), "", nil); len(got) != 1 {
		t.Errorf("a leak is not found: %q", got)
	}
}

// numbers lists the fields below a type that a template can reach and that are
// numbers, or could be anything.
func numbers(t reflect.Type, field string, seen []reflect.Type) (found []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return numbers(t.Elem(), field, seen)
	case reflect.Struct:
		if slices.Contains(seen, t) || t.PkgPath() == "time" || t.PkgPath() == "footfall/aggregate/publish" {
			return nil // publish holds its own types to this
		}
		seen = append(seen, t)
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() || f.Anonymous {
				name := t.String()[strings.LastIndexByte(t.String(), '.')+1:] + "." + f.Name
				found = append(found, numbers(f.Type, name, seen)...)
			}
		}
	case reflect.String, reflect.Bool:
	default:
		if !slices.Contains(noCounts, field) {
			found = append(found, field+" is a "+t.String())
		}
	}
	return found
}
