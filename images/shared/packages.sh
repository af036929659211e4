# What the image builders have in common: clear errors, a scratch directory that never stays behind, and packages from the
# distribution's own sources. Sourced by the `build` scripts; POSIX sh, because the first thing a bare machine lacks is bash.
#
# Only the distribution's own sources are used, never what else a machine has in /etc/apt: a third-party source that is
# down, or whose key has expired, makes `apt-get update` fail as a whole, and a package taken from one would make an image
# that no other machine can make again. All of apt's state is private to the scratch directory, so that a builder needs no
# root, takes no lock and never changes the machine it runs on.

# A user's PATH has no sbin on Debian, and that is where sfdisk, mkfs and depmod live.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C.UTF-8
export PATH LC_ALL
umask 022

# fail WHAT WHY TRY: the one line a person reads. On stderr, and nothing after it.
fail() {
    echo "$1: $2; $3" >&2
    exit 1
}

progress() { echo "progress: $*"; }

# need_tools PACKAGE:COMMAND...: all that is missing at once, as the line that installs it.
need_tools() {
    missing=
    commands=
    for tool; do
        command -v "${tool#*:}" >/dev/null 2>&1 && continue
        commands="$commands ${tool#*:}"
        case " $missing " in *" ${tool%%:*} "*) ;; *) missing="$missing ${tool%%:*}" ;; esac
    done
    [ -z "$missing" ] ||
        fail "cannot build $IMAGE" "these commands are not here:$commands" "try: apt-get install -y --no-install-recommends$missing"
}

# The words of the machine's os-release: HOST_ID (debian, ubuntu, ...) and HOST_SUITE (bookworm, noble, ...).
read_host() {
    HOST_ID=$(. /etc/os-release 2>/dev/null && echo "$ID")
    HOST_SUITE=$(. /etc/os-release 2>/dev/null && echo "$VERSION_CODENAME")
    command -v apt-get >/dev/null 2>&1 ||
        fail "cannot build $IMAGE" "this machine has no apt (it calls itself '${HOST_ID:-unknown}')" \
            "build it on Debian or Ubuntu, or use an image that is downloaded, such as debian-12"
}

# The architecture of the guest, which is the machine's own: the builders run no foreign code and need no emulator for it.
# To add aarch64: a case here, the kernel's and the stub's names in the builder, and one line in the image's YAML.
read_architecture() {
    case ${QEMULAB_ARCHITECTURE:-$(uname -m)} in
        x86_64 | amd64) ARCHITECTURE=amd64 TRIPLET=x86_64-linux-gnu ;;
        *) fail "cannot build $IMAGE" "no recipe for the architecture '${QEMULAB_ARCHITECTURE:-$(uname -m)}'" \
            "build it on x86_64, or use an image that is downloaded, such as debian-12" ;;
    esac
}

# make_scratch DIRECTORY: SCRATCH, gone at exit whatever ends us. A killed builder must not leave a gigabyte behind, and
# its children must not go on writing into what is being removed: they are told first.
make_scratch() {
    SCRATCH=$(mktemp -d "$1/qemulab-build.XXXXXX") ||
        fail "cannot build $IMAGE" "no scratch directory can be made in $1" "set TMPDIR to a directory with space"
    trap 'leave' EXIT
    trap 'exit 143' TERM
    trap 'exit 130' INT
    trap 'exit 129' HUP
}

leave() {
    code=$?
    trap '' TERM INT HUP
    trap - EXIT
    [ -z "${CHILD:-}" ] || { kill -TERM -- "-$CHILD" 2>/dev/null || kill -TERM "$CHILD" 2>/dev/null; wait "$CHILD" 2>/dev/null; }
    remove_scratch
    exit "$code"
}

# Debian's builder replaces this one: a tree made in a user namespace belongs to ids that the user is not.
remove_scratch() { remove_tree "$SCRATCH"; }

# More than once, for a grandchild that has been told to stop may still write its last file into what is being removed.
remove_tree() {
    for pause in 0.1 0.5 2 0; do
        chmod -R u+rwX "$1" 2>/dev/null
        rm -rf "$1" 2>/dev/null && return
        sleep $pause
    done
    rm -rf "$1"
}

# quietly LABEL COMMAND...: run it with its chatter in a log; on failure the log's last lines that matter become the error.
# In the background with `wait`, because a shell handles a signal only after a foreground child has ended: a builder that
# was told to stop would otherwise go on downloading.
quietly() {
    label=$1
    shift
    setsid "$@" >"$SCRATCH/step.log" 2>&1 </dev/null &
    CHILD=$!
    if wait "$CHILD"; then CHILD=; return 0; fi
    CHILD=
    reason=$(grep -E '^(E|W|mke2fs|mkfs|sfdisk|qemu-img|objcopy|ERROR|error)[: ]' "$SCRATCH/step.log" | grep -v '^W: .*unsandboxed' | tail -n 2 | tr '\n' ' ')
    [ -n "$reason" ] || reason=$(tail -n 2 "$SCRATCH/step.log" | tr '\n' ' ')
    STEP_ERROR=${reason:-no message}
    STEP_LABEL=$label
    return 1
}

# list_sources DISTRIBUTION SUITE: the machine's own sources for that suite, one `URI SUITE COMPONENTS` a line, from both
# formats that apt reads. A source counts as the distribution's own by its host, by its keyring, or by the path that every
# mirror keeps (…/debian, …/debian-security, a snapshot below them), and by having the component `main`: the path alone
# would let in the many vendors whose repositories also end in /debian.
list_sources() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '
        { sub(/#.*/, "") }
        $1 == "deb" {
            options = ""
            if (match($0, /\[[^]]*\]/)) { options = substr($0, RSTART, RLENGTH); $0 = substr($0, 1, RSTART - 1) " " substr($0, RSTART + RLENGTH) }
            key = "-"
            if (match(options, /signed-by=[^] ]*/)) key = substr(options, RSTART + 10, RLENGTH - 10)
            line = $2 "\t" $3 "\t" key "\t"
            for (i = 4; i <= NF; i++) line = line $i " "
            print line
        }' >"$SCRATCH/sources.found"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -r "$file" ] || continue
        { cat "$file"; echo; } | awk '
            function flush(   n, m, i, j, u, s, key) {
                if (f["types"] ~ /(^| )deb( |$)/ && tolower(f["enabled"]) !~ /no|false|0/) {
                    n = split(f["uris"], u, " "); m = split(f["suites"], s, " ")
                    key = f["signed-by"]; sub(/^ +/, "", key)
                    if (key == "" || key ~ /BEGIN PGP/) key = "-"
                    sub(/ .*/, "", key)
                    for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) print u[i] "\t" s[j] "\t" key "\t" f["components"] " "
                }
                split("", f); name = ""
            }
            /^#/ { next }
            /^[ \t]*$/ { flush(); next }
            /^[ \t]/ { sub(/^[ \t]+/, ""); f[name] = f[name] " " $0; next }
            { i = index($0, ":"); name = tolower(substr($0, 1, i - 1)); v = substr($0, i + 1); gsub(/[ \t]+/, " ", v); sub(/^ /, "", v); f[name] = v }
            END { flush() }' >>"$SCRATCH/sources.found"
    done
    awk -F '\t' -v distribution="$1" -v suite="$2" '
        $2 != suite && $2 != suite "-updates" && $2 != suite "-security" { next }
        $4 !~ /(^| )main / { next }
        {
            host = $1; sub(/^[a-z0-9+]*:\/\//, "", host); sub(/[\/:].*/, "", host)
            path = $1; sub(/\/+$/, "", path)
            own = host ~ ("(^|\\.)" distribution "\\.(org|com)$") || $3 ~ (distribution "-archive-keyring") ||
                ($3 == "-" && path ~ ("/" distribution "(-security|-ports)?(/[0-9]+T[0-9]+Z)?$"))
            if (own) print $1, $2, (distribution == "ubuntu" ? "main universe" : "main")
        }' "$SCRATCH/sources.found" | awk '!seen[$0]++'
}

# prepare_apt DISTRIBUTION SUITE: an apt.conf of our own at $APT_CONFIG. APT_CONFIG is read before /etc/apt/apt.conf.d, so
# it can switch that directory off: the hooks there (package kit, needrestart, ...) are the machine's, not ours. What is
# kept of the machine's configuration is how to reach the network: everything below `Acquire::`, so proxies too.
# LISTS says where the package lists come from: `machine` (nothing is downloaded, the versions are those that
# `build inputs` has named) or `fresh`.
prepare_apt() {
    keyring=/usr/share/keyrings/$1-archive-keyring.gpg
    [ -r "$keyring" ] ||
        fail "cannot build $IMAGE" "the key of $1's archive is not here ($keyring)" "try: apt-get install -y $1-archive-keyring (on Ubuntu: ubuntu-keyring)"
    mkdir -p "$SCRATCH/apt/lists/partial" "$SCRATCH/apt/archives/partial" "$SCRATCH/apt/state" "$SCRATCH/apt/empty"
    : >"$SCRATCH/apt/status"
    LISTS=machine
    if [ -n "${QEMULAB_MIRROR:-}" ] && [ "$1" = debian ]; then
        mirror=${QEMULAB_MIRROR%/}
        # Security updates live beside the archive on a mirror, if it has them at all; asking for them decides.
        printf '%s %s main\n' "$mirror" "$2" "$mirror" "$2-updates" "${mirror%/debian}/debian-security" "$2-security" >"$SCRATCH/apt/wanted"
        LISTS=fresh
    else
        list_sources "$1" "$2" >"$SCRATCH/apt/wanted"
        if ! [ -s "$SCRATCH/apt/wanted" ]; then
            [ "$1" = debian ] ||
                fail "cannot build $IMAGE" "no source of $1 $2 was found in /etc/apt" "look at /etc/apt/sources.list.d"
            printf '%s %s main\n' http://deb.debian.org/debian "$2" http://deb.debian.org/debian "$2-updates" \
                http://deb.debian.org/debian-security "$2-security" >"$SCRATCH/apt/wanted"
            LISTS=fresh
        fi
    fi
    sed "s|^|deb [arch=$ARCHITECTURE signed-by=$keyring] |" "$SCRATCH/apt/wanted" >"$SCRATCH/apt/sources.list"
    apt-config dump | sed -n 's/^\(Acquire::.*\)$/\1/p' | grep -v '^Acquire::Languages' >"$SCRATCH/apt/network.conf"
    machine_lists=$(apt-config shell D Dir::State::lists/d | sed "s/^D='\(.*\)'$/\1/")
    write_apt_conf
}

write_apt_conf() {
    lists=$SCRATCH/apt/lists
    [ $LISTS = fresh ] || lists=$machine_lists
    # APT::Sandbox::User: root's apt would hand downloads to the user _apt, who cannot enter a private scratch directory.
    cat >"$SCRATCH/apt.conf" <<END
APT::Architecture "$ARCHITECTURE";
APT::Architectures { "$ARCHITECTURE"; };
APT::Sandbox::User "root";
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "$SCRATCH/apt/empty";
Dir::Etc::sourcelist "$SCRATCH/apt/sources.list";
Dir::Etc::sourceparts "$SCRATCH/apt/empty";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$SCRATCH/apt/empty";
Dir::State "$SCRATCH/apt/state";
Dir::State::lists "$lists";
Dir::State::status "$SCRATCH/apt/status";
Dir::Cache "$SCRATCH/apt";
Dir::Cache::archives "$SCRATCH/apt/archives";
END
    cat "$SCRATCH/apt/network.conf" >>"$SCRATCH/apt.conf"
    APT_CONFIG=$SCRATCH/apt.conf
    export APT_CONFIG
    rm -f "$SCRATCH"/apt/*pkgcache.bin
}

# Lists of our own, for a machine whose lists are absent, unreadable, or older than what the mirror still has.
# A mirror without the security suite is no error; one without the main suite is.
refresh_lists() {
    LISTS=fresh
    write_apt_conf
    progress "reading the package lists of $SUITE"
    quietly "reading the package lists of $SUITE" apt-get -q update
    [ -n "$(candidates base-files)" ] ||
        fail "cannot build $IMAGE" "the package lists of $SUITE cannot be read (${STEP_ERROR:-the mirror has none})" \
            "look at the network, at the proxy in /etc/apt/apt.conf.d, or name a mirror in QEMULAB_MIRROR"
}

# candidates PACKAGE...: `package=version` of what apt would install, in the order of the names; unknown ones are left out.
candidates() {
    apt-cache policy "$@" 2>/dev/null | awk '
        /^[^ ].*:$/ { name = $1; sub(/:$/, "", name); sub(/:.*/, "", name) }
        $1 == "Candidate:" && $2 != "(none)" { print name "=" $2 }'
}

# print_inputs PACKAGE...: the body of `build inputs`.
# The library is named by digest: it lies outside the builder's own directory, and a change in it changes the image.
print_inputs() {
    found=$(candidates "$@")
    [ -n "$found" ] ||
        fail "cannot name the packages of $IMAGE" "the package lists of $SUITE are not in $machine_lists, or cannot be read by this user" \
            "try: sudo apt-get update"
    for package; do
        case "
$found" in
            *"
$package="*) ;;
            *) fail "cannot name the packages of $IMAGE" "$SUITE has no package $package in the machine's package lists" "try: sudo apt-get update" ;;
        esac
    done
    print_fixed_inputs
    echo "$found"
}

print_fixed_inputs() {
    echo "architecture=$ARCHITECTURE"
    echo "suite=$SUITE"
    [ -z "${QEMULAB_MIRROR:-}" ] || echo "mirror=$QEMULAB_MIRROR"
    echo "library=$(sha256sum <"$HERE/../shared/packages.sh" | cut -c 1-64)"
    # The tools that shape the bytes of the disk. Their absence is an error of `make`, not of this list.
    dpkg-query -W -f '${Package}=${Version}\n' $HOST_PACKAGES 2>/dev/null | sed 's/^/host:/'
}

# The vendor's EFI stub with the kernel, the initrd and the command line as further sections: one file that the firmware
# starts by itself, so no boot loader. Sections must not overlap, and a kernel that has grown once did: every address
# follows from the size of what is before it. The kernel comes last: it unpacks itself in place and may need more room
# than its file, which would be the initrd's if that came after it.
# make_uki STUB KERNEL INITRD CMDLINE OSRELEASE OUT
make_uki() {
    stub=$1 kernel=$2 initrd=$3 osrelease=$5 out=$6
    end=$(objdump -h -w "$stub" | awk '$1 ~ /^[0-9]+$/ { print $4, $3 }' | while read -r vma size; do echo $((0x$vma + 0x$size)); done | sort -n | tail -n 1)
    printf '%s' "$(cat "$4")" >"$SCRATCH/uki.cmdline"
    set --
    for section in osrel cmdline initrd linux; do
        case $section in
            osrel) file=$osrelease ;;
            cmdline) file=$SCRATCH/uki.cmdline ;;
            initrd) file=$initrd ;;
            linux) file=$kernel ;;
        esac
        end=$(((end + 4095) / 4096 * 4096))
        set -- "$@" --add-section ".$section=$file" --change-section-vma ".$section=$(printf '0x%x' $end)"
        end=$((end + $(stat -c %s "$file")))
    done
    quietly "making the UEFI image" objcopy "$@" "$stub" "$out"
}
