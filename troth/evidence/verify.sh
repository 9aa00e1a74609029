#!/bin/sh
# Verifies an evidence bundle of troth without troth.
#
#   sh verify.sh BAG signer.pub.pem [tsa-ca.pem]
#
# BAG is a folder or a tar.gz. signer.pub.pem is the signer's public key and tsa-ca.pem the root
# certificate of the timestamp authority. Have both, and this script, from somewhere else than the
# bundle: who could change the bundle could change them too.
#
# Needs openssl (3.0 or later for Ed25519 keys), the coreutils, sed, grep and find; tar and gzip for
# a tar.gz. Exit code: 0 everything holds, 4 refused with the reason, 2 used wrongly.
#
# An archive that unpacks to more than 4 GiB is refused; TROTH_VERIFY_MAX is another limit, in bytes.

set -u
LC_ALL=C
export LC_ALL
umask 077

# How every statement begins and ends, around the result and the one digest.
HEAD='{"_type":"https://in-toto.io/Statement/v1","predicate":{'
MIDDLE=',"predicateType":"https://in-toto.io/attestation/test-result/v0.1",'
MIDDLE=$MIDDLE'"subject":[{"digest":{"sha256":"'
TAIL='"},"name":"tagmanifest-sha256.txt"}]}'
TYPE=application/vnd.in-toto+json
MEDIA=application/vnd.dev.sigstore.bundle.v0.3+json

usage() {
    printf 'verify.sh: %s\n' "$1" >&2
    echo 'usage: sh verify.sh BAG signer.pub.pem [tsa-ca.pem]' >&2
    exit 2
}

refuse() {
    printf 'REFUSED: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/         /' >&2
    exit 4
}

holds() { printf 'ok  %s\n' "$1"; }

# What an attacker wrote is shown without what a terminal would obey.
plain() { head -n 5 | tr -c 'A-Za-z0-9._/+\n-' '?'; }

sha256() { sha256sum <"$1" | cut -c 1-64; }

# The value of a key in a signature file, which has one key a line.
value() { sed -n 's/^ *"'"$2"'": "\([^"\\]*\)",\{0,1\}$/\1/p' "$1"; }

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$here" "$1" ;; esac; }

# True only if grep ran and found nothing: a tool that fails must not look like a bundle that holds.
none() {
    grep -q "$@"
    [ $? -eq 1 ]
}

count() { wc -l <"$1" | tr -d ' '; }

need() {
    for tool; do
        command -v "$tool" >/dev/null || usage "$tool is not installed"
    done
}

# --- what was given ------------------------------------------------------------------------------

[ $# -eq 2 ] || [ $# -eq 3 ] || usage 'give the bundle and the public key'
need openssl base64 chmod cut date find grep head mktemp sed sha256sum sort tr uniq wc
max=${TROTH_VERIFY_MAX:-4294967296}
case $max in *[!0-9]*) usage 'TROTH_VERIFY_MAX is not a number of bytes' ;; esac
here=$(pwd)
bag=$(absolute "$1")
key=$(absolute "$2")
ca=
[ $# -lt 3 ] || ca=$(absolute "$3")

[ -e "$bag" ] || usage "there is no $1"
grep -q -e 'BEGIN PUBLIC KEY' "$key" 2>/dev/null || usage "$2 is not a public key in PEM"
about=$(openssl pkey -pubin -in "$key" -noout -text 2>/dev/null) || usage "$2 cannot be read"
case $about in
*prime256v1*) kind=p256 ;;
*ED25519*) kind=ed25519 ;;
*) usage "$2 is neither a P-256 nor an Ed25519 key" ;;
esac
[ -z "$ca" ] || grep -q -e 'BEGIN CERTIFICATE' "$ca" 2>/dev/null ||
    usage "$3 is not a certificate in PEM"

tmp=$(mktemp -d) || usage 'no folder for temporary files'
trap 'chmod -R u+rwx "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
openssl pkey -pubin -in "$key" -outform DER >"$tmp/key.der"
keyid=$(sha256 "$tmp/key.der")

# --- 1. the archive ------------------------------------------------------------------------------

# Only zeros may follow the last member. Without the last block that is not all zeros, an archive
# lacks something; one that does not goes on after its end.
ends() {
    low=0
    high=$((size / 512))
    while [ "$low" -lt "$high" ]; do
        middle=$(((low + high) / 2))
        other=$(tail -c "+$((middle * 512 + 1))" "$1" | tr -d '\000' | head -c 1 | wc -c)
        if [ "$other" -eq 0 ]; then
            high=$middle
        else
            low=$((middle + 1))
        fi
    done
    [ "$low" -gt 0 ] || return 1
    head -c "$(((low - 1) * 512))" "$1" | tar -tf - >"$tmp/fewer" 2>/dev/null || return 0
    [ "$(sha256 "$tmp/fewer")" != "$(sha256 "$tmp/names")" ]
}

if [ ! -d "$bag" ]; then
    need gzip tail tar
    {
        gzip -dc <"$bag" 2>/dev/null
        echo $? >"$tmp/gzip"
    } | head -c "$((max + 1))" >"$tmp/bag.tar" ||
        refuse 'the archive cannot be unpacked.' 'Is there room for it?'
    size=$(wc -c <"$tmp/bag.tar" | tr -d ' ')
    [ "$size" -le "$max" ] || refuse "the archive unpacks to more than $max bytes." \
        'If you expect one so large, set TROTH_VERIFY_MAX to more.'
    [ "$(cat "$tmp/gzip")" = 0 ] && [ $((size % 512)) -eq 0 ] ||
        refuse 'the archive is cut off or damaged.' 'Fetch it again.'
    tar -tf "$tmp/bag.tar" >"$tmp/names" 2>/dev/null &&
        tar -tvf "$tmp/bag.tar" >"$tmp/long" 2>/dev/null ||
        refuse 'the archive is cut off or damaged.' 'Fetch it again.'
    # All of it before unpacking: nothing is written outside of the folder for temporary files.
    none -v '^[-d]' "$tmp/long" && none -e ' link to ' -e ' -> ' "$tmp/long" ||
        refuse 'the archive holds links or devices.' 'A bundle holds files and folders only.'
    none -e '[^A-Za-z0-9._/+-]' -e '^[./-]' -e '//' -e '/\.\.*/' -e '/\.\.*$' "$tmp/names" ||
        refuse 'the archive holds names that a bundle does not have.' 'Do not unpack it.'
    sed 's,/$,,' "$tmp/names" | sort | uniq -d | none . ||
        refuse 'the archive holds one name twice.' 'Two programs could read two different files.'
    top=$(sed 's,/.*,,' "$tmp/names" | sort -u)
    [ "$(echo "$top" | wc -l)" -eq 1 ] && [ -n "$top" ] ||
        refuse 'the archive holds more or less than one folder.'
    ends "$tmp/bag.tar" ||
        refuse 'the archive goes on after its end.' 'Something was added that tar does not show.'
    mkdir "$tmp/bag"
    (cd "$tmp/bag" && tar -xof "$tmp/bag.tar" 2>/dev/null) ||
        refuse 'the archive cannot be unpacked.' 'Fetch it again.'
    # A folder that may not be read would hide what is in it.
    chmod -R u+rwX "$tmp/bag" 2>/dev/null || refuse 'what was unpacked cannot be made readable.'
    bag=$tmp/bag/$top
fi
cd "$bag" 2>/dev/null || refuse 'the bundle is not a folder.'

# Lists what there is. Where find may not look, anything could lie.
list() {
    to=$1
    shift
    find . "$@" >"$tmp/$to" 2>"$tmp/unread" || refuse 'the bundle cannot be read everywhere:' \
        "$(plain <"$tmp/unread")"
}

list odd ! -type f ! -type d
list named_oddly ! -name . -name '*[!A-Za-z0-9._+-]*'
list found -type f
[ ! -s "$tmp/odd" ] || refuse 'the bundle holds links or devices:' "$(plain <"$tmp/odd")"
[ ! -s "$tmp/named_oddly" ] ||
    refuse 'the bundle holds names that a bundle does not have:' "$(plain <"$tmp/named_oddly")"
for name in bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt data signatures; do
    [ -e "$name" ] || refuse "the bundle has no $name." 'It is not whole, or not a bundle of troth.'
done
holds 'the bundle is whole and holds files and folders only'

# --- 2. the signature ----------------------------------------------------------------------------

# The one form that a signature file has: payload, key id, signature, timestamp.
form() {
    printf '{\n  "dsseEnvelope": {\n    "payload": "%s",\n    "payloadType": "%s",\n' "$1" "$TYPE"
    printf '    "signatures": [\n      {\n        "keyid": "%s",\n        "sig": "%s"\n' "$2" "$3"
    printf '      }\n    ]\n  },\n  "mediaType": "%s",\n' "$MEDIA"
    printf '  "verificationMaterial": {\n    "publicKey": {\n      "hint": "%s"\n    }' "$2"
    [ -z "$4" ] || {
        printf ',\n    "timestampVerificationData": {\n      "rfc3161Timestamps": [\n        {\n'
        printf '          "signedTimestamp": "%s"\n        }\n      ]\n    }' "$4"
    }
    printf '\n  }\n}\n'
}

# The same bytes can be written in several ways in base64; only the usual one is taken.
decode() {
    printf '%s' "$1" | base64 -d >"$2" 2>/dev/null && [ "$(base64 <"$2" | tr -d '\n')" = "$1" ]
}

# Takes a signature file apart into $tmp. What was found is put together again and compared: so the
# file has that one form, and no other reader sees something else in it.
read_signature() {
    payload=$(value "$1" payload)
    by=$(value "$1" keyid)
    sig=$(value "$1" sig)
    stamp=$(value "$1" signedTimestamp)
    form "$payload" "$by" "$sig" "$stamp" >"$tmp/form"
    [ "$(sha256 "$1")" = "$(sha256 "$tmp/form")" ] && decode "$payload" "$tmp/payload" &&
        decode "$sig" "$tmp/sig" && decode "$stamp" "$tmp/stamp" ||
        refuse "$1 is not a signature file as troth writes it." 'It was changed or added.'
}

# Verifies what read_signature has left in $tmp; the encoding is that of DSSE v1.
is_signed() {
    length=$(wc -c <"$tmp/payload" | tr -d ' ')
    printf 'DSSEv1 %d %s %d ' "${#TYPE}" "$TYPE" "$length" >"$tmp/signed"
    cat "$tmp/payload" >>"$tmp/signed"
    case $kind in
    p256) openssl dgst -sha256 -verify "$key" -signature "$tmp/sig" "$tmp/signed" ;;
    *) openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$tmp/signed" -sigfile "$tmp/sig" ;;
    esac >/dev/null 2>&1
}

ours=
others=
for file in signatures/*.sigstore.json; do
    [ -f "$file" ] || refuse 'the bundle is not signed.' 'Its signature was removed.'
    read_signature "$file"
    echo "$file" >>"$tmp/signatures"
    if [ "$by" = "$keyid" ]; then
        [ -z "$ours" ] || refuse 'two signatures are by the key that you gave.' 'One was added.'
        ours=$file
    else
        others="$others$(printf '%s' "$by" | plain) "
    fi
done
[ -n "$ours" ] || refuse 'the bundle is not signed by the key that you gave.' \
    "That is $keyid, and it is signed by $others"
read_signature "$ours"
is_signed || refuse "$ours was not made by the key that you gave." \
    'The statement or the signature was changed, or it was made by another key.'
holds "signed by the key $keyid"
[ -z "$others" ] || printf '    also signed, which was not checked, by %s\n' "$others"

# --- 3. the statement ----------------------------------------------------------------------------

statement=$(cat "$tmp/payload")
tag=${statement%"$TAIL"}
tag=${tag##*\"}
case $statement in
"$HEAD"*"$MIDDLE$tag$TAIL") ;;
*) refuse 'what is signed is not a statement on the result of a run.' \
    'The signature was made for something else.' ;;
esac
[ "$(sha256 tagmanifest-sha256.txt)" = "$tag" ] ||
    refuse 'the signed statement is about another tagmanifest-sha256.txt.' \
        'The bundle was changed after signing, or the signature is that of another bundle.'
holds 'the signed statement is about this tagmanifest-sha256.txt'

# --- 4. the two manifests ------------------------------------------------------------------------

# Every line of a manifest: digest, two blanks, a path that stays in the bundle; each path once.
check_lines() {
    line='^[0-9a-f]\{64\}  [A-Za-z0-9_+][A-Za-z0-9._/+-]*$'
    [ -s "$1" ] && none -v "$line" "$1" || refuse "$1 has lines that are not a digest and a path:" \
        "$(grep -n -v "$line" "$1" | sed 's/:.*//' | plain)"
    cut -c 67- "$1" | sort >"$tmp/$1"
    none -e '//' -e '/\.\.*/' -e '/\.\.*$' -e '/$' "$tmp/$1" ||
        refuse "$1 names a path that leads elsewhere."
    uniq -d "$tmp/$1" | none . || refuse "$1 names one file twice."
}

check_digests() {
    sha256sum -c "$1" >"$tmp/sums" 2>/dev/null || refuse "$2" \
        "$(grep -v ': OK$' "$tmp/sums" | sed 's/: FAILED.*//' | plain)"
}

check_lines tagmanifest-sha256.txt
check_lines manifest-sha256.txt
for name in bagit.txt bag-info.txt manifest-sha256.txt; do
    grep -q -x -F -e "$name" "$tmp/tagmanifest-sha256.txt" ||
        refuse "tagmanifest-sha256.txt does not name $name." 'The bundle was not made by troth.'
done
none -e '^data/' -e '^signatures/' -e '^tagmanifest-' "$tmp/tagmanifest-sha256.txt" ||
    refuse 'tagmanifest-sha256.txt names what it must not.' 'The bundle was not made by troth.'
none -v '^data/' "$tmp/manifest-sha256.txt" ||
    refuse 'manifest-sha256.txt names more than data.' 'The bundle was not made by troth.'

check_digests tagmanifest-sha256.txt 'these are not as tagmanifest-sha256.txt says, or are missing:'
holds "$(count tagmanifest-sha256.txt) files match tagmanifest-sha256.txt"
check_digests manifest-sha256.txt 'these are not as manifest-sha256.txt says, or are missing:'
holds "$(count manifest-sha256.txt) files match manifest-sha256.txt"

sed 's,^\./,,' "$tmp/found" | sort >"$tmp/there"
{
    cat "$tmp/manifest-sha256.txt" "$tmp/tagmanifest-sha256.txt" "$tmp/signatures"
    echo tagmanifest-sha256.txt
} | sort >"$tmp/named"
# What is named was found above, so what stands in one list only is there and not named.
[ -s "$tmp/there" ] && [ "$(sha256 "$tmp/there")" = "$(sha256 "$tmp/named")" ] ||
    refuse 'these were added; nothing names them:' \
        "$(sort "$tmp/there" "$tmp/named" | uniq -u | plain)"
holds 'nothing was added'

# --- 5. the timestamp ----------------------------------------------------------------------------

# Prints the timestamp's time in seconds since 1970: its certificate counts then, not today.
stamped() {
    openssl ts -reply -in "$tmp/stamp" -text 2>/dev/null | sed -n 's/^Time stamp: //p' |
        {
            read -r month day clock year zone && [ "$zone" = GMT ] || exit 1
            number=$(printf '%s\n' Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec |
                grep -n -x "$month" | sed 's/:.*//')
            date -u -d "$year-$number-$day ${clock%.*}" +%s 2>/dev/null
        }
}

if [ -n "$ca" ]; then
    [ -s "$tmp/stamp" ] || refuse 'the signature has no timestamp, and you gave an authority.' \
        'It was removed, or never made: then verify without the third argument.'
    at=$(stamped) || refuse 'the timestamp cannot be read.' 'It was changed.'
    openssl ts -verify -data "$tmp/sig" -in "$tmp/stamp" -CAfile "$ca" -attime "$at" \
        >/dev/null 2>&1 ||
        refuse 'the timestamp is not one of this authority over this signature.' \
            'It belongs to another signature, was changed, or is of another authority.'
    holds "stamped $(date -u -d "@$at" '+%Y-%m-%d %H:%M:%S') UTC by the authority that you gave"
elif [ -s "$tmp/stamp" ]; then
    echo '    there is a timestamp; it was not checked, because you gave no authority'
else
    echo '    there is no timestamp'
fi

# --- 6. the facts --------------------------------------------------------------------------------

fact='^\([0-9a-f]\{2\}\)\([0-9a-f]\{62\}\)  data/facts/\1/\1\2\.json$'
grep '  data/facts/' manifest-sha256.txt >"$tmp/facts"
none -v "$fact" "$tmp/facts" || refuse 'these facts do not have their digest as name:' \
    "$(grep -v "$fact" "$tmp/facts" | cut -c 67- | plain)"
holds "$(count "$tmp/facts") facts have their digest as name"

result=$(printf '%s' "$statement" | sed -n 's/.*],"result":"\([A-Z]*\)","warnedTests":\[.*/\1/p')
echo "The bundle is genuine. What it says of the promises, in one word: ${result:-nothing}"
echo 'Not checked here: that results, shards and the verdicts of the statement fit together; troth'
echo 'evidence verify does that. Nor that the verdicts follow from the facts; troth replay does that.'
