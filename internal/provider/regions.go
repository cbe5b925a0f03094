package provider

import "strings"

// serviceOf is the first part of the service's host name in each region, as the
// official SDK and the endpoint pages of the documentation give it.
var serviceOf = map[string]string{
	"cn-north-4":     "appstream",
	"cn-north-9":     "appstream",
	"cn-east-3":      "appstream",
	"cn-south-1":     "appstream",
	"cn-southwest-2": "appstream",
	"cn-east-5":      "workspace",
	"cn-north-11":    "workspace",
	"ap-southeast-1": "workspace",
	"ap-southeast-2": "workspace",
	"ap-southeast-3": "workspace",
	"la-south-2":     "workspace",
	"la-north-2":     "workspace",
	"na-mexico-1":    "workspace",
	"sa-brazil-1":    "workspace",
	"af-south-1":     "workspace",
	"af-north-1":     "workspace",
	"me-east-1":      "workspace",
	"tr-west-1":      "workspace",
}

// cloudOf is the domain that a region belongs to.
func cloudOf(region string) string {
	if strings.HasPrefix(region, "eu-west-1") {
		return "myhuaweicloud.eu"
	}
	return "myhuaweicloud.com"
}
