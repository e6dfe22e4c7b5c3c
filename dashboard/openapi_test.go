package dashboard

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"footfall/aggregate"
)

// node is a piece of JSON as encoding/json reads it.
type node = map[string]any

// describedAPI reads what GET /api/v1/openapi.json answers.
func describedAPI(t *testing.T, s *server) node {
	t.Helper()
	r := request("GET", "/api/v1/openapi.json", nil)
	w := s.do(r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	var doc node
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at walks down a description, following references.
func at(t *testing.T, doc node, v any, path ...string) any {
	t.Helper()
	for _, name := range path {
		m, ok := resolve(doc, v).(node)
		if !ok || m[name] == nil {
			t.Fatalf("the description has no %s (of %v)", name, path)
		}
		v = m[name]
	}
	return resolve(doc, v)
}

func resolve(doc node, v any) any {
	m, ok := v.(node)
	if !ok {
		return v
	}
	ref, ok := m["$ref"].(string)
	if !ok {
		return v
	}
	var out any = doc
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		out = out.(node)[name]
	}
	return out
}

// fits says where a value is not what a schema allows. It knows the keywords
// that the description uses, and fails on any other.
func fits(doc node, schema, v any, where string) error {
	s := resolve(doc, schema).(node)
	for keyword, want := range s {
		var err error
		switch keyword {
		case "description", "default", "format", "properties", "required":
		case "type":
			err = fitsType(want, v)
		case "enum":
			if !slices.Contains(want.([]any), v) {
				err = fmt.Errorf("%v is none of %v", v, want)
			}
		case "pattern":
			if text, ok := v.(string); ok && !regexp.MustCompile(want.(string)).MatchString(text) {
				err = fmt.Errorf("%q does not match %s", text, want)
			}
		case "minimum":
			if n, ok := v.(float64); ok && n < want.(float64) {
				err = fmt.Errorf("%v is under %v", n, want)
			}
		case "maximum":
			if n, ok := v.(float64); ok && n > want.(float64) {
				err = fmt.Errorf("%v is over %v", n, want)
			}
		case "multipleOf":
			if n, ok := v.(float64); ok && math.Mod(n, want.(float64)) != 0 {
				err = fmt.Errorf("%v is no multiple of %v", n, want)
			}
		case "additionalProperties":
			known, _ := s["properties"].(node)
			m, _ := v.(node)
			for name := range m {
				if known[name] == nil {
					err = fmt.Errorf("%s is not described", name)
				}
			}
		case "items":
			list, _ := v.([]any)
			for i, item := range list {
				if e := fits(doc, want, item, fmt.Sprintf("%s[%d]", where, i)); e != nil {
					return e
				}
			}
		case "anyOf":
			err = fmt.Errorf("none of the schemas fits")
			for _, one := range want.([]any) {
				if fits(doc, one, v, where) == nil {
					err = nil
				}
			}
		default:
			err = fmt.Errorf("this test does not know the keyword %s", keyword)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	m, ok := v.(node)
	if !ok {
		return nil
	}
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := m[name.(string)]; !ok {
			return fmt.Errorf("%s: %v is missing", where, name)
		}
	}
	properties, _ := s["properties"].(node)
	for name, value := range m {
		if properties[name] != nil {
			if err := fits(doc, properties[name], value, where+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

func fitsType(want, v any) error {
	names, ok := want.([]any)
	if !ok {
		names = []any{want}
	}
	for _, name := range names {
		n, number := v.(float64)
		switch name {
		case "string":
			_, ok = v.(string)
		case "integer":
			ok = number && n == math.Trunc(n)
		case "null":
			ok = v == nil
		case "array":
			_, ok = v.([]any)
		case "object":
			_, ok = v.(node)
		}
		if ok {
			return nil
		}
	}
	return fmt.Errorf("%v is no %v", v, want)
}

// TestOpenAPIRoutes: every route of the API is described, and nothing else.
func TestOpenAPIRoutes(t *testing.T) {
	s := newServer(t)
	doc := describedAPI(t, s)
	described := map[string]bool{}
	for path, methods := range at(t, doc, doc, "paths").(node) {
		for method := range methods.(node) {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	for _, r := range s.e.Routes() {
		if !strings.HasPrefix(r.Path, "/api/") || r.Method == http.MethodHead {
			continue
		}
		name := r.Method + " " + regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}")
		if !described[name] {
			t.Errorf("%s is not described", name)
		}
		delete(described, name)
	}
	for name := range described {
		t.Errorf("%s is described and does not exist", name)
	}
}

// queryOf lists the query parameters that an operation describes, with a value
// that is allowed for each.
func queryOf(t *testing.T, doc node, path string) map[string]node {
	t.Helper()
	out := map[string]node{}
	for _, p := range at(t, doc, doc, "paths", path, "get", "parameters").([]any) {
		if p := p.(node); p["in"] == "query" {
			out[p["name"].(string)] = p
		}
	}
	return out
}

// TestOpenAPIParameters: what is described is taken, required means refused
// without, an unknown parameter is refused, and so is a value outside its enum
// or its limits.
func TestOpenAPIParameters(t *testing.T) {
	s := newServer(t)
	doc := describedAPI(t, s)
	base := map[string]map[string]string{
		"/api/v1/sites/{host}/report": {"from": "2026-11-01", "to": "2026-11-20"},
		"/api/v1/sites/{host}/export": {"from": "2026-11-01", "to": "2026-11-02"},
	}
	good := map[string]string{"from": "2026-11-01", "to": "2026-11-02", "by": "browser", "page": "/", "where": "browser:Chrome 155",
		"limit": "10", "format": "csv", "lang": "fr", "compare": "previous", "section": "/", "sort": "visitors"}
	for path, required := range base {
		get := func(change map[string]string) int {
			var q []string
			for name, value := range required {
				if _, ok := change[name]; !ok {
					q = append(q, name+"="+value)
				}
			}
			for name, value := range change {
				if value != "-" {
					q = append(q, name+"="+strings.ReplaceAll(value, " ", "+"))
				}
			}
			return s.get(strings.Replace(path, "{host}", "a.example", 1) + "?" + strings.Join(q, "&")).Code
		}
		for name, p := range queryOf(t, doc, path) {
			change := map[string]string{name: good[name]}
			switch name {
			case "page", "section":
				change["by"] = "browser"
			case "sort":
				change["by"] = "page"
			case "where":
				change["by"] = "page"
			}
			if code := get(change); code != http.StatusOK {
				t.Errorf("%s with %v: %d", path, change, code)
			}
			schema := p["schema"].(node)
			if schema["enum"] != nil && name != "lang" {
				if code := get(map[string]string{name: "colour"}); code != http.StatusBadRequest {
					t.Errorf("%s with %s=colour: %d, want 400", path, name, code)
				}
			}
			if limit, ok := schema["maximum"].(float64); ok {
				if code := get(map[string]string{name: fmt.Sprint(int(limit) + 1)}); code != http.StatusBadRequest {
					t.Errorf("%s with %s over its maximum: %d, want 400", path, name, code)
				}
			}
			if p["required"] == true {
				if code := get(map[string]string{name: "-"}); code != http.StatusBadRequest {
					t.Errorf("%s without %s: %d, want 400", path, name, code)
				}
			}
		}
		if code := get(map[string]string{"colour": "red"}); code != http.StatusBadRequest {
			t.Errorf("%s takes a parameter that is not described", path)
		}
	}
	var dims []string
	for _, d := range queryOf(t, doc, "/api/v1/sites/{host}/report")["by"]["schema"].(node)["enum"].([]any) {
		dims = append(dims, d.(string))
	}
	for _, d := range aggregate.Dims() {
		if !slices.Contains(dims, d.String()) {
			t.Errorf("dimension %s is not described", d)
		}
	}
}

// TestOpenAPIAnswers: reports of every dimension and errors of every kind have
// the form that is described.
func TestOpenAPIAnswers(t *testing.T) {
	s := newServer(t)
	doc := describedAPI(t, s)
	responses := at(t, doc, doc, "paths", "/api/v1/sites/{host}/report", "get", "responses")
	check := func(target string, code int) {
		t.Helper()
		w := s.get(target)
		if w.Code != code {
			t.Errorf("%s: %d, want %d", target, w.Code, code)
			return
		}
		schema := at(t, doc, responses, fmt.Sprint(code), "content", "application/json", "schema")
		var v any
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Errorf("%s: %v", target, err)
		} else if err := fits(doc, schema, v, "answer"); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	check(question, http.StatusOK)
	for _, d := range aggregate.Dims() {
		check(question+"&by="+d.String(), http.StatusOK)
	}
	check(question+"&by=browser&page=/", http.StatusOK)
	check(question+"&by=page&where=country:FR", http.StatusOK)
	check(question+"&by=device&section=/blog/*", http.StatusOK)
	check(question+"&by=page&compare=previous&sort=visitors", http.StatusOK)
	check(question+"&by=day&compare=year", http.StatusOK)
	check(question+"&by=colour", http.StatusBadRequest)
	check(strings.Replace(question, "a.example", "nobody.example", 1), http.StatusNotFound)
	s.fake.err = fmt.Errorf("a planted failure")
	check(question, http.StatusServiceUnavailable)
}
