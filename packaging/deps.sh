#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building, testing or benchmarking needs, and nothing that is
# there already: `packaging/deps.sh [build|test|bench|clean-root]…` (build when
# none is named). Debian 12 and 13, Ubuntu 24.04 (apt), Fedora (dnf).
#
# llhttp 9.2 is in Debian 13 and Fedora. Where the system's own sources lack it,
# the two packages are taken once from a later release on the mirror that apt
# already uses, checked against the distribution's keyring, and installed;
# /etc/apt is not touched.
set -euo pipefail

say() { printf 'deps: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

groups=("$@")
[ ${#groups[@]} -gt 0 ] || groups=(build)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "installing packages needs root: run as root, install sudo, or run: $*"
    fi
}

# --- apt -------------------------------------------------------------------

apt_packages() {
    case $1 in
    build) echo gcc libc6-dev meson ninja-build pkg-config libuv1-dev libjansson-dev libyaml-dev \
        zlib1g-dev libzstd-dev libsqlite3-dev libpq-dev libsodium-dev libpcre2-dev libutf8proc-dev ;;
    test) echo g++ git clang clang-format llvm libcmocka-dev gcovr prometheus procps curl \
        universal-ctags abigail-tools python3 postgresql sqlite3 ;;
    bench) echo nginx-light wrk curl ;;
    clean-root) echo debootstrap ca-certificates git ;;
    *) die "unknown group '$1': expected build, test, bench or clean-root" ;;
    esac
}

apt_missing() {
    local name
    for name in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) in
        installed) ;;
        *) echo "$name" ;;
        esac
    done
}

updated=
apt_update() {
    [ -n "$updated" ] || as_root apt-get -qq update
    updated=1
}

apt_install() {
    apt_update
    say "installing $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" \
        >/dev/null
}

# The address of the archive that apt already uses for this release.
apt_mirror() {
    # shellcheck disable=SC2016 # apt expands these
    apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
        awk -v release="$1" '$1 == release { print $2; exit }'
}

# Installs llhttp from release $1 of the same archive without configuring it.
apt_llhttp_from() {
    local release=$1 keyring=$2 component=$3 mirror work
    mirror=$(apt_mirror "$VERSION_CODENAME")
    [ -n "$mirror" ] || die "no apt source for $VERSION_CODENAME found to take llhttp from"
    work=$(mktemp -d)
    mkdir -p "$work/parts" "$work/lists/partial"
    cat >"$work/parts/one-off.sources" <<END
Types: deb
URIs: $mirror
Suites: $release
Components: $component
Languages: none
Signed-By: $keyring
END
    local options=(
        -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/parts"
        -o Dir::Etc::preferencesparts=/dev/null -o "Dir::State::lists=$work/lists"
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root
    )
    (
        cd "$work"
        apt-get "${options[@]}" update &&
            library=$(apt-cache "${options[@]}" depends libllhttp-dev | awk '/Depends: libllhttp/ { print $2 }') &&
            apt-get "${options[@]}" download libllhttp-dev "$library" >/dev/null &&
            as_root dpkg -i ./*.deb >/dev/null
    ) || { rm -rf "$work"; return 1; }
    rm -rf "$work"
}

apt_llhttp() {
    pkg-config --exists 'libllhttp >= 9.2' 2>/dev/null && return
    apt_update
    if apt-cache policy libllhttp-dev | grep -q 'Candidate: [^(]'; then
        apt_install libllhttp-dev
        return
    fi
    say "taking llhttp from a later release, once"
    case $ID in
    debian) apt_llhttp_from trixie /usr/share/keyrings/debian-archive-keyring.gpg main ;;
    ubuntu)
        local release
        for release in resolute questing plucky; do
            apt_llhttp_from "$release" /usr/share/keyrings/ubuntu-archive-keyring.gpg universe && return
        done
        return 1
        ;;
    *) return 1 ;;
    esac || die "llhttp >= 9.2 could not be installed: build it from https://github.com/nodejs/llhttp"
}

# Test clients and the fake model endpoint run on Node.js; any 18.19 or later does.
apt_node() {
    if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 19) ? 0 : 1)' \
        2>/dev/null || ! command -v npm >/dev/null; then
        apt_install nodejs npm
    fi
}

with_apt() {
    local group missing
    # packages that are services must not start on a developer's machine
    for group in "${groups[@]}"; do
        # shellcheck disable=SC2046
        missing=$(apt_missing $(apt_packages "$group"))
        # shellcheck disable=SC2086
        [ -z "$missing" ] || RUNLEVEL=1 apt_install $missing
        case $group in
        build) apt_llhttp ;;
        test) apt_node
            # clang's sanitizer and fuzzer runtimes are a package of their own
            local runtime
            runtime=libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev
            [ -z "$(apt_missing "$runtime")" ] || apt_install "$runtime" ;;
        esac
    done
}

# --- dnf -------------------------------------------------------------------

dnf_packages() {
    case $1 in
    build) echo gcc meson ninja-build pkgconf-pkg-config libuv-devel llhttp-devel jansson-devel \
        libyaml-devel zlib-devel libzstd-devel sqlite-devel libpq-devel libsodium-devel pcre2-devel utf8proc-devel ;;
    test) echo gcc-c++ git clang clang-tools-extra compiler-rt llvm libasan libubsan libtsan \
        libcmocka-devel gcovr golang-github-prometheus procps-ng curl ctags libabigail python3 postgresql-server postgresql sqlite nodejs npm ;;
    bench) echo nginx wrk curl ;;
    clean-root) echo debootstrap git ;;
    *) die "unknown group '$1': expected build, test, bench or clean-root" ;;
    esac
}

with_dnf() {
    local group name missing=()
    for group in "${groups[@]}"; do
        for name in $(dnf_packages "$group"); do
            rpm -q --quiet --whatprovides "$name" || missing+=("$name")
        done
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    as_root dnf -q -y install "${missing[@]}"
}

# --- which system ----------------------------------------------------------

# shellcheck disable=SC1091
. /etc/os-release
case " $ID ${ID_LIKE-} " in
*" debian "* | *" ubuntu "*) with_apt ;;
*" fedora "* | *" rhel "*) with_dnf ;;
*) die "no recipe for '$ID': install libuv, llhttp >= 9.2, jansson, libyaml, zlib, zstd, sqlite3, libpq, libsodium, pcre2, utf8proc, meson and ninja" ;;
esac
