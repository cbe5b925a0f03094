package workspace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The types of this file read JSON liberally: a number where a string belongs, a
// string where a number belongs, null, and fields never heard of. Numbers stay
// text until they are exact: ids are beyond 2^53.

// text is a string; of any other value, its JSON text.
type text struct{ value *string }

func (t *text) UnmarshalJSON(raw []byte) error {
	if isNull(raw) {
		return nil
	}
	s, err := asText(raw)
	t.value = &s
	return err
}

// instant is a time as text; empty means absent.
type instant struct{ text }

func (t *instant) UnmarshalJSON(raw []byte) error {
	if err := t.text.UnmarshalJSON(raw); err != nil {
		return err
	}
	if t.value != nil && *t.value == "" {
		t.value = nil
	}
	return nil
}

// number is an exact decimal number, or a string that holds one. Anything else
// is no number, and absent.
type number struct{ value *big.Float }

// Precision and magnitude hold what any JSON writer emits, and keep a hostile
// exponent from becoming megabytes of digits.
const (
	precision   = 512
	maxDigits   = 150
	maxExponent = 400
)

func (n *number) UnmarshalJSON(raw []byte) error {
	s, err := asText(raw)
	if err != nil {
		return err
	}
	n.value = parseNumber(strings.TrimSpace(s))
	return nil
}

func parseNumber(s string) *big.Float {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(s), "e")
	if len(mantissa) > maxDigits || strings.Trim(mantissa, "+-.0123456789") != "" {
		return nil
	}
	if scientific {
		if e, err := strconv.Atoi(exponent); err != nil || e > maxExponent || e < -maxExponent {
			return nil
		}
	}
	value, _, err := big.ParseFloat(s, 10, precision, big.ToNearestEven)
	if err != nil {
		return nil
	}
	return value
}

// boolean is true or false, or 1 or 0, or a string of one of these.
type boolean struct{ value *bool }

func (b *boolean) UnmarshalJSON(raw []byte) error {
	s, err := asText(raw)
	if err != nil {
		return err
	}
	if v, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(s))); err == nil {
		b.value = &v
	}
	return nil
}

// dictionary is an object whose values are strings; of other values, their JSON
// text. What is no object is absent.
type dictionary struct{ value map[string]string }

func (d *dictionary) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return nil
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return err
	}
	d.value = make(map[string]string, len(values))
	for key, value := range values {
		s, err := asText(value)
		if err != nil {
			return err
		}
		d.value[key] = s
	}
	return nil
}

// list is an array, or one value in place of an array of one. Nulls in it count
// for nothing.
type list[T any] struct{ items []T }

func (l *list[T]) UnmarshalJSON(raw []byte) error {
	if isNull(raw) {
		return nil
	}
	if raw[0] != '[' {
		raw = fmt.Appendf(nil, "[%s]", raw)
	}
	var items []*T
	if err := json.Unmarshal(raw, &items); err != nil {
		return err
	}
	l.items = make([]T, 0, len(items))
	for _, item := range items {
		if item != nil {
			l.items = append(l.items, *item)
		}
	}
	return nil
}

// asText returns a JSON string's content, and any other value's text without
// insignificant space. Nearly all values are plain strings and numbers, which need
// no second decoder.
func asText(raw []byte) (string, error) {
	switch {
	case len(raw) > 1 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw):
		return string(raw[1 : len(raw)-1]), nil
	case len(raw) > 0 && raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case len(raw) > 0 && raw[0] != '{' && raw[0] != '[':
		return string(raw), nil
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	return compact.String(), err
}

func isNull(raw []byte) bool { return string(raw) == "null" }
