#!/bin/sh
# Makes the requests of this folder with openssl 3 and python 3 (the signatures differ each time). Run it here.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl ecparam -name prime256v1 -genkey -noout -out "$work/p256.key"
openssl genrsa -out "$work/rsa2048.key" 2048
openssl genrsa -out "$work/rsa1024.key" 1024
openssl genrsa -3 -out "$work/rsa2048-e3.key" 2048
openssl ecparam -name secp256k1 -genkey -noout -out "$work/secp256k1.key"

# request FILE KEY SUBJECT [OPTIONS of openssl req]
request() {
    file=$1 key=$2 subject=$3
    shift 3
    openssl req -new -utf8 -key "$work/$key.key" -subj "$subject" -out "$file.pem" "$@"
}
# The same, with strings of one ASN.1 type only (MASK of ASN1_STRING_set_default_mask).
typed() {
    printf 'string_mask = MASK:%s\n[req]\ndistinguished_name = dn\nstring_mask = MASK:%s\n[dn]\n' "$4" "$4" > "$work/typed.cnf"
    openssl req -new -config "$work/typed.cnf" -key "$work/$2.key" -subj "$3" -out "$1.pem"
}

request jane p256 "/CN=jane/O=developers"
request jane-rsa rsa2048 "/CN=jane" -sha256
request jane-twenty-groups p256 "/CN=jane$(seq -f '/O=group-%.0f' -s '' 20)"
request admins p256 "/CN=jane/O=developers/O=admins"
# Names with far-reaching rights in clusters of common tools.
request powerful-user p256 "/CN=root"
request powerful-group p256 "/CN=jane/O=kubeadm:cluster-admins"
# Two users, or one within a name of several values.
request two-users p256 "/CN=jane/CN=joe"
request two-users-other-order p256 "/CN=joe/O=developers/CN=jane"
request multi-valued p256 "/CN=jane+O=developers" -multivalue-rdn
request no-user p256 "/O=developers"
# Groups and users of Kubernetes itself, and other attributes than CN and O.
request system-group p256 "/CN=jane/O=system:masters"
request system-user p256 "/CN=system:admin"
request uid p256 "/CN=jane/UID=0"
request domain-component p256 "/DC=example/CN=jane"
request email p256 "/CN=jane/emailAddress=jane@example.com"
# Extension requests and other attributes of the request.
request san p256 "/CN=jane" -addext "subjectAltName=DNS:kubernetes"
request other-name p256 "/CN=jane" -addext "subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:admin"
request authority p256 "/CN=jane" -addext "basicConstraints=critical,CA:TRUE"
printf '[req]\nprompt = no\ndistinguished_name = dn\nattributes = at\n[dn]\nCN = jane\n[at]\nchallengePassword = secret\n' > "$work/challenge.cnf"
openssl req -new -config "$work/challenge.cnf" -key "$work/p256.key" -out challenge-password.pem
# Other strings than UTF8String and PrintableString.
typed bmp-string p256 "/CN=jané" 0x800
typed teletex-string p256 "/CN=jan_e" 0x4
# openssl req cannot make this one: written by hand around the public key, and signed.
point=$(openssl ec -in "$work/p256.key" -pubout -outform DER 2>/dev/null | tail -c 65 | od -An -v -tx1 | tr -d ' \n')
cat > "$work/info.cnf" <<EOF
asn1 = SEQUENCE:info
[info]
version = INTEGER:0
subject = SEQUENCE:name
key = SEQUENCE:key
attributes = IMPLICIT:0C,SEQUENCE:none
[name]
rdn = SET:rdn
[rdn]
cn = SEQUENCE:cn
[cn]
type = OID:commonName
value = FORMAT:UTF8,UNIV:jané
[key]
algorithm = SEQUENCE:ec
point = FORMAT:HEX,BITSTRING:$point
[ec]
type = OID:id-ecPublicKey
curve = OID:prime256v1
[none]
EOF
openssl asn1parse -genconf "$work/info.cnf" -noout -out "$work/info.der"
signature=$(openssl dgst -sha256 -sign "$work/p256.key" "$work/info.der" | od -An -v -tx1 | tr -d ' \n')
sed "s/^asn1 = .*/asn1 = SEQUENCE:request\n[request]\ninfo = SEQUENCE:info\nalgorithm = SEQUENCE:signed\nsignature = FORMAT:HEX,BITSTRING:$signature\n[signed]\ntype = OID:ecdsa-with-SHA256/" "$work/info.cnf" > "$work/request.cnf"
openssl asn1parse -genconf "$work/request.cnf" -noout -out "$work/request.der"
openssl req -inform DER -in "$work/request.der" -out universal-string.pem
# Characters that hide or deceive.
request newline p256 "$(printf '/CN=jane\nroot')"
request bidi p256 "$(printf '/CN=jane\342\200\256toor')"
request byte-order-mark p256 "$(printf '/CN=\357\273\277jane')"
request mixed-scripts p256 "$(printf '/CN=j\320\260ne')"
request like-system-group p256 "/CN=jane/O=ѕуѕтем:masters"
request like-system-user p256 "/CN=systém:admin"
request stacked-marks p256 "$(printf '/CN=jane\314\201\314\201')"
request option p256 "/CN=--help"
request punctuation p256 "/CN=."
request spaces p256 "/CN=jane  doe"
# Combining marks, as the scripts of South Asia have them and as decomposed accents are.
request marks p256 "/CN=प्रिया/O=тест"
request accents p256 "$(printf '/CN=Jose\314\201')"
# Weak keys and signatures.
request rsa-1024 rsa1024 "/CN=jane"
request rsa-exponent-3 rsa2048-e3 "/CN=jane"
request other-curve secp256k1 "/CN=jane"
request sha-1 rsa2048 "/CN=jane" -sha1
# A private key that is a small number, or minus one (the order of the group less the number).
scalar() {
    printf 'asn1 = SEQUENCE:key\n[key]\nversion = INTEGER:1\nscalar = FORMAT:HEX,OCTETSTRING:%s\ncurve = EXPLICIT:0,OID:%s\n' "$3" "$2" > "$work/scalar.cnf"
    openssl asn1parse -genconf "$work/scalar.cnf" -noout -out "$work/scalar.der"
    openssl ec -inform DER -in "$work/scalar.der" -out "$work/scalar.key"
    request "$1" scalar "/CN=jane"
}
p256_order=ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
p384_order=ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973
scalar p256-scalar-1 prime256v1 "$(printf '%064x' 1)"
scalar p256-scalar-minus-1 prime256v1 "${p256_order%1}0"
scalar p256-scalar-65535 prime256v1 "$(printf '%064x' 65535)"
scalar p384-scalar-2 secp384r1 "$(printf '%096x' 2)"
scalar p384-scalar-minus-3 secp384r1 "${p384_order%3}0"
python3 weak-keys.py
for file in rsa-roca-2048 rsa-roca-4096 rsa-close-primes rsa-half-equal-primes rsa-square rsa-small-factor rsa-exponent-1 rsa-pattern; do
    openssl req -verify -noout -in "$file.pem"
done
# An OpenID provider on loopback, and by a name that only a proxy knows: its authority, its certificate for a hundred
# years, and its key.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/authority.key" -out provider-authority.pem \
    -days 36500 -subj "/CN=authority of a test" -addext "basicConstraints=critical,CA:TRUE"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout provider-key.pem -out "$work/provider.csr" -subj "/CN=provider"
printf 'subjectAltName=IP:127.0.0.1,DNS:issuer.example\nextendedKeyUsage=serverAuth\n' > "$work/provider.ext"
openssl x509 -req -in "$work/provider.csr" -CA provider-authority.pem -CAkey "$work/authority.key" -set_serial 1 \
    -days 36500 -extfile "$work/provider.ext" -out provider.pem
