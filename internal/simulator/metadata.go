package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// defaultMetadataKeyLifetime is the longest that an agency's keys can live.
const defaultMetadataKeyLifetime = longestAgencyKey * time.Second

// longestMetadataToken is the longest lifetime of a metadata token in seconds. It
// is what the official SDK asks for; no page tells the limit.
const longestMetadataToken = 21600

// The headers of the second version of the metadata service, as the official SDK
// sends them.
const (
	metadataHeader    = "X-Metadata-Token"
	metadataTTLHeader = "X-Metadata-Token-Ttl-Seconds"
)

// Metadata is the metadata service of an ECS, of which it serves temporary keys
// and tokens (ECS, "Metadata": securitykey). On an ECS it is at 169.254.169.254;
// the simulator serves it at its own address.
type Metadata struct {
	// Agency is the name of the agency that the ECS has been given; if several
	// accounts have one of that name, the first in the scenario. Without it there
	// are no keys: 401, in the words that the official SDK looks for.
	Agency string `json:"agency,omitempty"`
	// KeyLifetime is how long each key is good for; each request gets another one.
	// Default: 24 hours.
	KeyLifetime Duration `json:"key_lifetime,omitempty"`
	// RequireToken refuses requests without a metadata token, with 401. A token
	// that is unknown or has ended is refused at any rate.
	RequireToken bool `json:"require_token,omitempty"`
	// TokenStatus, if not 0, is the HTTP status that requests for a token get
	// instead of one: 404 and 405 are of a service without tokens.
	TokenStatus int `json:"token_status,omitempty"`
}

func (s *Simulator) metadataRoutes() []route {
	return []route{
		{
			operation:        OperationMetadataToken,
			method:           http.MethodPut,
			path:             "/meta-data/latest/api/token",
			methodNotAllowed: metadataMethodNotAllowed(http.MethodPut),
			serve:            s.createMetadataToken,
		},
		{
			operation:        OperationMetadataKey,
			method:           http.MethodGet,
			path:             "/openstack/latest/securitykey",
			methodNotAllowed: metadataMethodNotAllowed(http.MethodGet),
			serve:            s.showSecurityKey,
		},
	}
}

// metadataError is a status and its text.
func metadataError(status int) reply {
	return plainReply(status, fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

func metadataMethodNotAllowed(allowed string) func() reply {
	return func() reply {
		answer := metadataError(http.StatusMethodNotAllowed)
		answer.header.Set("Allow", allowed)
		return answer
	}
}

func (s *Simulator) createMetadataToken(x *exchange) reply {
	switch {
	case s.scenario.Metadata == nil:
		return metadataError(http.StatusNotFound)
	case s.scenario.Metadata.TokenStatus != 0:
		return metadataError(s.scenario.Metadata.TokenStatus)
	}
	seconds, err := strconv.Atoi(x.request.Header.Get(metadataTTLHeader))
	if err != nil || seconds < 1 || seconds > longestMetadataToken {
		return metadataError(http.StatusBadRequest)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	number := len(s.metadataTokens) + 1
	sum := sha256.Sum256(fmt.Appendf(nil, "metadata token %d %s", number, s.started))
	token := fmt.Sprintf("simulated-metadata-token-%d-%s", number, hex.EncodeToString(sum[:]))
	s.metadataTokens[token] = time.Now().Add(time.Duration(seconds) * time.Second)
	return plainReply(http.StatusOK, token)
}

func (s *Simulator) showSecurityKey(x *exchange) reply {
	metadata := s.scenario.Metadata
	switch {
	case metadata == nil:
		return metadataError(http.StatusNotFound)
	case !s.metadataTokenAccepted(x.request.Header.Get(metadataHeader)):
		return metadataError(http.StatusUnauthorized)
	case metadata.Agency == "":
		return plainReply(http.StatusUnauthorized, "Please configure Cloud Service Agency first")
	}
	// A scenario whose agency is not there is refused by New.
	agency, _ := s.scenario.findAgency(metadata.Agency, namedOrID{})
	return s.credentialReply(http.StatusOK, agency, time.Duration(metadata.KeyLifetime))
}

func (s *Simulator) metadataTokenAccepted(token string) bool {
	if token == "" {
		return !s.scenario.Metadata.RequireToken
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.metadataTokens[token])
}
