#!/usr/bin/env python3
"""Makes requests with RSA keys that are known to be bad, for make.sh (the keys differ each time, and are not kept).

openssl makes no such keys, so the key, the request and its signature are written here; make.sh has openssl verify them.
"""
import base64
import hashlib
import secrets


def is_prime(number):
    """Miller-Rabin with 40 random bases."""
    if number < 2 or any(number % prime == 0 for prime in SMALL):
        return number in SMALL
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(40):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power not in (1, number - 1) and all(
            (power := power * power % number) != number - 1 for _ in range(twos - 1)
        ):
            return False
    return True


SMALL = [n for n in range(2, 2000) if all(n % d for d in range(2, int(n**0.5) + 1))]
E = 65537


def fits(prime):
    return is_prime(prime) and (prime - 1) % E != 0


def next_prime(number):
    number |= 1
    while not fits(number):
        number += 2
    return number


def random_prime(bits):
    """The two highest bits are set, so that two of them make a modulus of exactly twice the bits."""
    return next_prime(secrets.randbits(bits) | 3 << bits - 2)


def roca_prime(bits, primes):
    """k * M + (65537^a mod M), M the product of the first primes: Nemec et al. 2017, section 2.1, table 1."""
    product = 1
    for prime in SMALL[:primes]:
        product *= prime
    lowest, highest = (3 << bits - 2) // product + 1, (1 << bits) // product - 1
    while True:
        prime = (lowest + secrets.randbelow(highest - lowest)) * product + pow(E, secrets.randbits(256), product)
        if fits(prime):
            return prime


def der(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 128 | size]) + length.to_bytes(size, "big") + content


def integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def request(name, factors, exponent=E):
    """PKCS#10 (RFC 2986) for /CN=jane, signed with PKCS#1 v1.5 and SHA-256 (RFC 8017, section 9.2)."""
    modulus, order = factors[0] * factors[1], (factors[0] - 1) * (factors[1] - 1)
    if factors[0] == factors[1]:
        order = factors[0] * (factors[0] - 1)
    null, encryption, sha256, with_rsa = (
        b"\x05\x00",
        der(6, bytes.fromhex("2a864886f70d010101")),
        der(6, bytes.fromhex("608648016503040201")),
        der(6, bytes.fromhex("2a864886f70d01010b")),
    )
    common_name = der(0x31, der(0x30, der(6, bytes.fromhex("550403")), der(12, b"jane")))
    key = der(0x30, integer(modulus), integer(exponent))
    info = der(
        0x30,
        integer(0),
        der(0x30, common_name),
        der(0x30, der(0x30, encryption, null), der(3, b"\0", key)),
        der(0xA0),
    )
    digest = der(0x30, der(0x30, sha256, null), der(4, hashlib.sha256(info).digest()))
    size = (modulus.bit_length() + 7) // 8
    padded = b"\0\1" + b"\xff" * (size - 3 - len(digest)) + b"\0" + digest
    signature = pow(int.from_bytes(padded, "big"), pow(exponent, -1, order), modulus).to_bytes(size, "big")
    pem = base64.encodebytes(der(0x30, info, der(0x30, with_rsa, null), der(3, b"\0", signature))).decode()
    body = "".join(line + "\n" for line in [pem.replace("\n", "")[i : i + 64] for i in range(0, len(pem), 64)] if line)
    with open(f"{name}.pem", "w") as file:
        file.write(f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n")


request("rsa-roca-2048", [roca_prime(1024, 126) for _ in range(2)])
request("rsa-roca-4096", [roca_prime(2048, 225) for _ in range(2)])
prime = random_prime(1024)
request("rsa-close-primes", [prime, next_prime(prime + 2)])
# As of a faulty generator whose second half alone is new.
request("rsa-half-equal-primes", [prime, next_prime((prime >> 500 << 500) | secrets.randbits(500))])
request("rsa-square", [prime, prime])
# Large primes beside it, and no prime below it.
small = next(p for p in range(65521, 0, -1) if fits(p))
while True:
    large = random_prime(2032)
    if (large * small).bit_length() == 2048:
        break
request("rsa-small-factor", [small, large])
# Whoever sends such a request needs no private key: the signature is the padded message itself.
request("rsa-exponent-1", [random_prime(1024) for _ in range(2)], exponent=1)
request("rsa-pattern", [next_prime(0xC1 << 1016), next_prime(0xE3 << 1016)])
