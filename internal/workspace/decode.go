package workspace

import (
	"bytes"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// decoder reads an answer in one pass, and liberally: a number where a string
// belongs, a string where a number belongs, one value in place of a list of one,
// null, and members never heard of. The names of members are exact. Numbers stay text
// until they are exact: ids are beyond 2^53. After an error nothing more is read; end
// returns it.
type decoder struct {
	json *jsontext.Decoder
	err  error
}

func newDecoder(body []byte) *decoder {
	return &decoder{json: jsontext.NewDecoder(
		bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true),
	)}
}

// end expects that all has been read but space.
func (d *decoder) end() error {
	if d.err != nil {
		return d.err
	}
	space := d.json.UnreadBuffer()
	rest := bytes.TrimLeft(space, " \t\r\n")
	if len(rest) == 0 {
		return nil
	}
	return &jsontext.SyntacticError{ByteOffset: d.json.InputOffset() + int64(len(space)-len(rest))}
}

// kindError is a value of a kind that cannot be read in its place.
type kindError struct {
	kind jsontext.Kind
	at   jsontext.Pointer
}

func (e *kindError) Error() string {
	kind := e.kind.String()
	if e.kind == jsontext.KindBeginArray {
		kind = "array"
	}
	if e.at == "" {
		return fmt.Sprintf("a JSON %s instead of an object", kind)
	}
	return fmt.Sprintf("a JSON %s where %q belongs", kind, strings.ReplaceAll(strings.TrimPrefix(string(e.at), "/"), "/", "."))
}

// object calls member for each member of an object, before its value; null has none.
// What member does not read is passed over.
func (d *decoder) object(member func(name []byte)) {
	if d.null() {
		return
	}
	if kind := d.json.PeekKind(); kind != jsontext.KindBeginObject {
		wrong := &kindError{kind, d.json.StackPointer()}
		d.skip() // Broken JSON is that, whatever it begins with.
		d.fail(wrong)
		return
	}
	d.within(jsontext.KindEndObject, func() {
		name := d.value()
		if bytes.IndexByte(name, '\\') < 0 {
			name = bytes.Trim(name, `"`)
		} else {
			name, _ = jsontext.AppendUnquote(nil, name) // It has been read: it is a string.
		}
		at := d.json.InputOffset()
		if member(name); d.json.InputOffset() == at {
			d.skip()
		}
	})
}

// list calls item before each item of an array that is not null, or before the one
// value that stands in its place.
func (d *decoder) list(item func()) {
	element := func() {
		if !d.null() {
			item()
		}
	}
	if d.json.PeekKind() == jsontext.KindBeginArray {
		d.within(jsontext.KindEndArray, element)
	} else {
		element()
	}
}

// within calls read before each of the values up to an end.
func (d *decoder) within(end jsontext.Kind, read func()) {
	d.token()
	for d.err == nil && d.json.PeekKind() != end {
		read()
	}
	d.token()
}

// null passes over a null, if there is one.
func (d *decoder) null() bool {
	if d.json.PeekKind() != jsontext.KindNull {
		return false
	}
	d.token()
	return true
}

// text is a string; of any other value, its JSON text; of null, nil.
func (d *decoder) text() *string {
	if d.null() {
		return nil
	}
	s := d.string()
	return &s
}

// instant is a time as text; empty means absent.
func (d *decoder) instant() *string {
	if s := d.text(); s != nil && *s != "" {
		return s
	}
	return nil
}

// number is an exact decimal number, or a string that holds one. Anything else is
// no number, and nil.
func (d *decoder) number() *big.Float { return parseNumber(strings.TrimSpace(d.string())) }

// boolean is true or false, or 1 or 0, or a string of one of these; or nil.
func (d *decoder) boolean() *bool {
	if b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(d.string()))); err == nil {
		return &b
	}
	return nil
}

// dictionary is an object whose values are strings; of other values, their JSON
// text. What is no object is nil.
func (d *decoder) dictionary() map[string]string {
	if d.json.PeekKind() != jsontext.KindBeginObject {
		d.skip()
		return nil
	}
	values := make(map[string]string)
	d.object(func(name []byte) {
		key := strings.ToValidUTF8(string(name), "\uFFFD")
		values[key] = d.string()
	})
	return values
}

// string is a string's content, and any other value's text without insignificant
// space.
func (d *decoder) string() string {
	if kind := d.json.PeekKind(); kind != jsontext.KindBeginObject && kind != jsontext.KindBeginArray {
		return d.token().String()
	}
	value := d.value().Clone() // What was read is the body's own.
	if d.err == nil {
		d.fail(value.Compact())
	}
	return strings.ToValidUTF8(string(value), "\uFFFD")
}

func (d *decoder) token() (token jsontext.Token) {
	if d.err == nil {
		token, d.err = d.json.ReadToken()
	}
	return token
}

func (d *decoder) value() (value jsontext.Value) {
	if d.err == nil {
		value, d.err = d.json.ReadValue()
	}
	return value
}

func (d *decoder) skip() {
	if d.err == nil {
		d.err = d.json.SkipValue()
	}
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Precision and magnitude hold what any JSON writer emits, and keep a hostile
// exponent from becoming megabytes of digits.
const (
	precision   = 512
	maxDigits   = 150
	maxExponent = 400
)

func parseNumber(s string) *big.Float {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil { // Nearly all are.
		return new(big.Float).SetPrec(precision).SetInt64(i)
	}
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
