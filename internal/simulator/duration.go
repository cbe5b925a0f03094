package simulator

import (
	"fmt"
	"time"
)

// Duration is a length of time that is written as text in a scenario file, in
// the form of [time.ParseDuration]: "3s", "1m30s", "250ms".
type Duration time.Duration

// MarshalText writes the duration as [time.Duration.String] does.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// UnmarshalText reads what [time.ParseDuration] reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration; write it like \"3s\", \"1m30s\" or \"250ms\"", text)
	}
	*d = Duration(parsed)
	return nil
}

// String returns the duration in the form of [time.Duration.String].
func (d Duration) String() string {
	return time.Duration(d).String()
}
