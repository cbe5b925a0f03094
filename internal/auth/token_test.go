package auth_test

import (
	"testing"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

func TestTokenWithProjectNeverAsksIAM(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*auth.Config){
		"IAM known":     func(*auth.Config) {},
		"IAM not known": func(c *auth.Config) { c.IAM, c.ProjectName = nil, "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, scenario(), auth.Token{Value: goodToken}, withProject(project), change)
			wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
			w.wantCounts(t, "after 20 reads", 0, 0, 20)
			for _, r := range w.Requests() {
				if r.Credential != simulator.CredentialToken || r.Identity != "token 1" || r.ProjectID != project {
					t.Errorf("got %+v", r)
				}
			}
			h := w.seen[0].Header
			if h.Get("X-Auth-Token") != goodToken || h.Get("Authorization") != "" || h.Get("X-Project-Id") != "" {
				t.Errorf("got %v", h)
			}
		})
	}
}

func TestTokenWithoutProjectLooksItUpByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), auth.Token{Value: goodToken})
	wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
	w.wantCounts(t, "after 20 reads", 0, 1, 20)
}

func TestTokenBelongsToOneProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), auth.Token{Value: goodToken}, withProject(project))
	for range 2 {
		wantRefused(t, auth.KindToken, "APIGW.0307", w.get(t.Context(), otherProject))
		wantNone(t, w.read(t.Context()))
	}
	w.wantCounts(t, "two reads of each project", 0, 0, 3)
}

func TestWrongTokenMakesOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), auth.Token{Value: "wrong-token"}, withProject(project))
	wantRefused(t, auth.KindToken, "APIGW.0301", times(20, func(int) error { return w.read(t.Context()) })...)
	w.wantCounts(t, "after 20 reads", 0, 0, 1)
}

func TestWrongTokenMakesOneRequestOfIAMWhereTheProjectIsNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), auth.Token{Value: "wrong-token"})
	wantRefused(t, auth.KindToken, "401", times(20, func(int) error { return w.read(t.Context()) })...)
	w.wantCounts(t, "after 20 reads", 0, 1, 0)
}

func TestWrongKeyMakesOneRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		key auth.AccessKey
	}{
		"access key":                     {auth.AccessKey{Access: "NOBODYS-KEY", Secret: secretKey}},
		"secret key":                     {auth.AccessKey{Access: accessKey, Secret: "wrong-secret"}},
		"temporary key without its half": {auth.AccessKey{Access: tempAccess, Secret: tempSecret}},
		"security token":                 {auth.AccessKey{Access: tempAccess, Secret: tempSecret, SecurityToken: "wrong-security"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known := newWorld(t, scenario(), tc.key, withProject(project))
			wantRefused(t, auth.KindAccessKey, "APIGW.0301", times(20, func(int) error { return known.read(t.Context()) })...)
			wantRefused(t, auth.KindAccessKey, "APIGW.0301", known.get(t.Context(), otherProject))
			known.wantCounts(t, "where the project is known", 0, 0, 1)

			lookedUp := newWorld(t, scenario(), tc.key)
			wantRefused(t, auth.KindAccessKey, "APIGW.0301", times(20, func(int) error { return lookedUp.read(t.Context()) })...)
			wantRefused(t, auth.KindAccessKey, "APIGW.0301", lookedUp.get(t.Context(), otherProject))
			lookedUp.wantCounts(t, "where it is looked up", 0, 1, 0)
		})
	}
}

func TestKeySignsForAnyProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, scenario(), temporaryKey, withProject(project))
	wantNone(t, w.get(t.Context(), project), w.get(t.Context(), otherProject))
	w.wantCounts(t, "two projects", 0, 0, 2)
	for i, want := range []string{project, otherProject} {
		h := w.seen[i].Header
		if h.Get("X-Project-Id") != want || h.Get("X-Security-Token") != tempSecurity || h.Get("X-Auth-Token") != "" {
			t.Errorf("request %d: got %v", i, h)
		}
	}
}
