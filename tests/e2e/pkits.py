#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""NIST's Public Key Interoperability Test Suite (PKITS 1.0.1), run through `sekishoctl trust check`.

The certificates and lists come with Debian's python3-cryptography-vectors; expected results are those of the suite's document. Each
certificate is judged with the certificates and lists of its own test, which the suite's S/MIME messages carry; those that are about
revocation (4.4, 4.5, 4.14, 4.15) once more with all intermediates and lists of the suite at once.

    pkits.py CTL [PATTERN]
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

CTL = os.path.realpath(sys.argv[1])
PATTERN = sys.argv[2] if len(sys.argv) > 2 else ""
# Within the validity of everything in the suite that isn't outdated on purpose (2010 to 2030).
AT = "2026-06-01T00:00:00Z"
ANCHOR = "TrustAnchorRootCertificate"


def policy(*numbers):
    return ["--policy", " ".join("2.16.840.1.101.3.2.1.48.%d" % n for n in numbers)]


EXPLICIT = ["--explicit-policy"]
INHIBIT_MAPPING = ["--inhibit-mapping"]
INHIBIT_ANY = ["--inhibit-any"]

# Sections 4.8, 4.10 and 4.12 ask the same path with several settings of the user: name of the test, arguments, valid?
SETTINGS = {
    "AllCertificatesSamePolicyTest1": [([], 1), (policy(1), 1), (policy(2), 0), (policy(1, 2), 1), (EXPLICIT, 1)],
    "AllCertificatesNoPoliciesTest2": [([], 1), (EXPLICIT, 0)],
    "DifferentPoliciesTest3": [([], 1), (EXPLICIT, 0), (EXPLICIT + policy(1, 2), 0)],
    "DifferentPoliciesTest4": [([], 0)],
    "DifferentPoliciesTest5": [([], 0)],
    "OverlappingPoliciesTest6": [([], 1), (policy(1), 1), (policy(2), 0)],
    "DifferentPoliciesTest7": [([], 0)],
    "DifferentPoliciesTest8": [([], 0)],
    "DifferentPoliciesTest9": [([], 0)],
    "AllCertificatesSamePoliciesTest10": [([], 1), (policy(1), 1), (policy(2), 1)],
    "AllCertificatesAnyPolicyTest11": [([], 1), (policy(1), 1)],
    "DifferentPoliciesTest12": [([], 0)],
    "AllCertificatesSamePoliciesTest13": [(policy(1), 1), (policy(2), 1), (policy(3), 1)],
    "AnyPolicyTest14": [(policy(1), 1), (policy(2), 0)],
    "UserNoticeQualifierTest15": [([], 1)],
    "UserNoticeQualifierTest16": [([], 1)],
    "UserNoticeQualifierTest17": [([], 1)],
    "UserNoticeQualifierTest18": [(policy(1), 1), (policy(2), 1)],
    "UserNoticeQualifierTest19": [([], 1)],
    "CPSPointerQualifierTest20": [([], 1)],
    "ValidPolicyMappingTest1": [(policy(1), 1), (policy(2), 0), (INHIBIT_MAPPING, 0)],
    "InvalidPolicyMappingTest2": [([], 0), (INHIBIT_MAPPING, 0)],
    "ValidPolicyMappingTest3": [(policy(1), 0), (policy(2), 1)],
    "ValidPolicyMappingTest5": [(policy(1), 1), (policy(6), 0)],
    "ValidPolicyMappingTest6": [(policy(1), 1), (policy(6), 0)],
    "ValidPolicyMappingTest12": [(policy(1), 1), (policy(2), 1)],
    "ValidPolicyMappingTest13": [(policy(1), 1)],
    "inhibitAnyPolicyTest3": [([], 1), (INHIBIT_ANY, 0)],
}

# Where we are stricter than the suite, and why: there is no DSA here (C-CRYPTO), and a key without its parameters is none.
REFUSED_BY_US = {"ValidDSASignaturesTest4": "algorithm", "ValidDSAParameterInheritanceTest5": "malformed"}

REVOCATION = re.compile("CRL|SelfIssued(?!path|require|inhibit|DN)|SerialNumber|Revoked|istributionPoint|onlyContains|onlySome|cRLIssuer")


def data_folder():
    folder = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data"
    if not os.path.isdir(folder):
        sys.exit("pkits: python3-cryptography-vectors isn't installed: make deps")
    return folder


def pem_blocks(text, label):
    return re.findall("-----BEGIN %s-----.*?-----END %s-----\n" % (label, label), text, re.S)


def run(*argv, data=None):
    return subprocess.run(argv, input=data, capture_output=True, check=True).stdout


class Suite:
    def __init__(self, folder, work):
        self.folder, self.work = folder, work
        self.anchor = self.der("certs", ANCHOR + ".crt")
        self.ca = [self.der("certs", f) for f in sorted(os.listdir(os.path.join(folder, "certs")))
                   if not f.endswith("EE.crt") and not f.startswith(ANCHOR)]
        self.crl = [self.der("crls", f) for f in sorted(os.listdir(os.path.join(folder, "crls")))]

    def der(self, *path):
        return os.path.join(self.folder, *path)

    def write(self, name, data):
        path = os.path.join(self.work, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def of_message(self, eml):
        """Signer's certificate, other certificates and lists of one S/MIME message."""
        name = os.path.basename(eml)[len("Signed"):-len(".eml")]
        p7 = run("openssl", "smime", "-pk7out", "-in", eml)
        text = run("openssl", "pkcs7", "-print_certs", data=p7).decode()
        signer = self.signer(eml, name)
        signer_der = run("openssl", "x509", "-in", signer, "-outform", "der")
        root = open(self.anchor, "rb").read()
        chain = []
        for i, pem in enumerate(pem_blocks(text, "CERTIFICATE")):
            der = run("openssl", "x509", "-outform", "der", data=pem.encode())
            if der not in (signer_der, root):
                chain.append(self.write("%s.%d.crt" % (name, i), der))
        crls = [self.write("%s.%d.crl" % (name, i), pem.encode()) for i, pem in enumerate(pem_blocks(text, "X509 CRL"))]
        return name, signer, chain, crls

    def signer(self, eml, name):
        path = os.path.join(self.work, name + ".ee")
        # Only to learn whose signature it is; whether it is good is not asked here.
        run("openssl", "smime", "-verify", "-noverify", "-nosigs", "-in", eml, "-signer", path, "-out", os.devnull)
        return path


def options(flag, paths):
    return [word for path in paths for word in (flag, path)]


def main():
    failed = passed = 0
    with tempfile.TemporaryDirectory() as work:
        suite = Suite(data_folder(), work)
        conf = suite.write("conf", b"[trust]\nrequire_crl = yes\n")
        os.chmod(conf, 0o644)
        smime = suite.der("smime")
        messages = [os.path.join(smime, f) for f in sorted(os.listdir(smime)) if PATTERN in f]

        def judge(eml):
            name, signer, chain, crls = suite.of_message(eml)
            lines = []
            for args, valid in SETTINGS.get(name, [([], name.startswith("Valid"))]):
                sets = [("own", options("--chain", chain) + options("--crl", crls))]
                if REVOCATION.search(name):
                    sets.append(("all", options("--chain", suite.ca) + options("--crl", suite.crl)))
                for which, some in sets:
                    r = subprocess.run([CTL, "trust", "check", "--config", conf, "--at", AT, signer, "--anchor", suite.anchor] + args +
                                       some, capture_output=True, text=True, check=False)
                    said = r.stdout.split("\n")[0]
                    if name in REFUSED_BY_US:
                        good = r.returncode == 1 and "(%s)" % REFUSED_BY_US[name] in said
                    elif valid:
                        good = r.returncode == 0 and said.startswith("good:")
                    else:
                        good = r.returncode == 1 and said.startswith("refused:")
                    lines.append((good, "%s [%s] %s: %s" % (name, which, " ".join(args), said), r.stderr))
            return lines

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for lines in pool.map(judge, messages):
                for good, text, more in lines:
                    print(("ok   " if good else "FAIL ") + text)
                    if not good:
                        print("".join("     # %s\n" % line for line in more.split("\n") if line), end="")
                    passed += good
                    failed += not good
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


main()
