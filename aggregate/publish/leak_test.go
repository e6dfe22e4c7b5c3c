package publish

import (
	"reflect"
	"strings"
	"testing"
)

// What an answer is made of holds no number that a client could read but through
// a type that has rounded it: every field of a report and its kin is unexported or
// is no number, and the numbers behind Count, Mean, Quantile and Ratio leave by
// methods that round.
func TestReportsCarryNoRawNumbers(t *testing.T) {
	for _, v := range []any{Report{}, Row{}, Values{}, Count{}, Mean{}, Quantile{}, Ratio{}, Note{}, Period{}, Head{}} {
		for _, found := range rawNumbers(reflect.TypeOf(v), nil) {
			t.Errorf("%s", found)
		}
	}
	// and it is seen where there is one
	type leak struct {
		Row  Row
		Rows []struct{ N uint64 }
	}
	if got := rawNumbers(reflect.TypeOf(leak{}), nil); len(got) != 1 || !strings.HasSuffix(got[0], "N is a uint64") {
		t.Errorf("a leak is not found: %q", got)
	}
}

// harmlessNumbers are exported numbers that count nobody.
var harmlessNumbers = map[string]string{
	"hit.Day": "a calendar day", "publish.Kind": "a kind of period", "publish.Measure": "the name of a measure",
}

func rawNumbers(t reflect.Type, path []string) (found []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return rawNumbers(t.Elem(), path)
	case reflect.Struct:
		if t.PkgPath() == "time" {
			return nil
		}
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				found = append(found, rawNumbers(f.Type, append(path, t.String()+"."+f.Name))...)
			}
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16,
		reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64, reflect.Interface:
		if harmlessNumbers[t.String()] == "" && len(path) > 0 {
			found = append(found, strings.Join(path, " > ")+" is a "+t.String())
		}
	}
	return found
}
