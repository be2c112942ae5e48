// Writes proxies.json, the proxy that Go's programs choose: [HTTPS_PROXY, HTTP_PROXY, NO_PROXY, the URL, its proxy].
//
//	cd tests/control-plane && go run ../../crates/access/tests/golden/proxies.go > ../../crates/access/tests/golden/proxies.json
package main

import (
	"fmt"
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// The proxy of most cases.
const proxy = "http://proxy.example:3128"

func main() {
	separator := "[\n"
	for _, each := range cases() {
		target, err := url.Parse(each.url)
		if err != nil {
			panic(err)
		}
		config := httpproxy.Config{HTTPSProxy: each.https, HTTPProxy: each.http, NoProxy: each.no}
		found, err := config.ProxyFunc()(target)
		if err != nil {
			panic(err)
		}
		chosen := ""
		if found != nil {
			found.Path = ""
			chosen = found.String()
		}
		fmt.Printf("%s[%q, %q, %q, %q, %q]", separator, each.https, each.http, each.no, each.url, chosen)
		separator = ",\n"
	}
	fmt.Println("\n]")
}

type environment struct{ https, http, no, url string }

func cases() []environment {
	all := []environment{
		// The scheme of the URL chooses the variable.
		{proxy, "", "", "https://api.example.com"},
		{proxy, "", "", "http://api.example.com"},
		{"", proxy, "", "https://api.example.com"},
		{"", proxy, "", "http://api.example.com"},
		{"", "", "", "https://api.example.com"},
	}
	// Forms of a proxy.
	for _, form := range []string{
		"proxy.example:3128", "proxy.example:3128/", "proxy.example", "HTTP://proxy.example:3128", "https://proxy.example",
		"http://proxy.example:3128/path", "socks5://proxy.example:1080", "socks5h://proxy.example", "192.0.2.1:3128",
		"[2001:db8::1]:3128", "http://[2001:db8::1]:3128", "user:pass%40word@proxy.example:3128",
		"http://user:pass%40word@proxy.example:3128", "socks5://user:pass@proxy.example:1080",
	} {
		all = append(all, environment{form, "", "", "https://api.example.com"})
	}
	// This machine is reached directly, whatever is set.
	for _, target := range []string{
		"https://localhost", "https://localhost:6443", "https://127.0.0.1:6443", "https://127.9.9.9", "https://[::1]:6443",
		"https://[::ffff:127.0.0.1]", "https://localhost.example", "https://10.0.0.1",
	} {
		all = append(all, environment{proxy, "", "", target}, environment{proxy, "", "unrelated.example", target})
	}
	// The exceptions, by the URL's own address.
	targets := []string{
		"https://api.example.com", "https://api.example.com:6443", "https://API.Example.com:6443", "https://example.com",
		"https://badexample.com", "https://proxy.example", "https://10.1.2.3:6443", "https://192.0.2.7", "https://[2001:db8::7]:6443",
		"https://[::ffff:10.1.2.3]:6443",
	}
	for _, exceptions := range []string{
		"api.example.com", "api.example.com,", ",api.example.com", " api.example.com , ", "other.example,api.example.com",
		"example.com", ".example.com", "*.example.com", "API.EXAMPLE.COM", "api.example.com:6443", "api.example.com:443",
		"example.com:6443", ".example.com:6443", "*", "other.example,*", "*,other.example", "a.*", "com", ".", ":6443",
		"proxy.example", "10.1.2.3", "10.1.2.3:6443", "10.1.2.3:443", "10.0.0.0/8", "10.9.9.9/8", "10.1.2.3/33", "10.", "0.0.0.0/0",
		"::ffff:10.1.2.3", "2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:6443", "[2001:db8::7]:443", "2001:db8::/32", "::/0",
		"192.0.2.0/24,.example.com", "api.example.com;example.com", "api.example.com example.com", "https://api.example.com",
		"api.example.com:", "api.example.com.",
	} {
		for _, target := range targets {
			all = append(all, environment{proxy, "", exceptions, target})
		}
	}
	return all
}
