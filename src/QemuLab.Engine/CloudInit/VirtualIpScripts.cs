using System.Globalization;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Engine.CloudInit;

/// <summary>The programs of a virtual IP's gateway: POSIX sh, for systemd and for images without one.</summary>
internal static class VirtualIpScripts
{
    /// <summary>Where the gateway's own program is.</summary>
    public const string ControlPath = "/usr/local/sbin/qemulab-vip";

    public const string CertificatesPath = "/etc/qemulab-vip/ca.pem";

    /// <summary>Starts, stops and shows keepalived, and drains backends.</summary>
    public static string Control(VirtualIp ip) => $$"""
        #!/bin/sh
        # Made by QemuLab: the gateway's part of the virtual IP {{ip.Address}}:{{ip.Port}}.
        # qemulab-vip start | stop | status | drain MACHINE | undrain MACHINE
        PATH=/usr/sbin:/usr/bin:/sbin:/bin
        service={{ip.Address}}:{{ip.Port}}
        drains={{KeepalivedConfig.DrainFolder}}
        pid=/run/keepalived.pid

        backend() { # MACHINE -> its address and port
            case $1 in
        {{string.Concat(ip.Backends.Select(backend => $"        {backend.Machine}) echo {backend.Address}:{ip.Port} ;;\n"))}}        *) echo "qemulab-vip: $1 is not a backend" >&2; return 1 ;;
            esac
        }
        systemd() { [ -d /run/systemd/system ]; }
        running() { [ -s $pid ] && kill -0 "$(cat $pid)" 2>/dev/null; }
        uptime_seconds() { cut -d. -f1 /proc/uptime; }
        weight() { ipvsadm -L -n | awk -v s=$service -v b="$1" '/^[A-Z]/ { on = $2 == s } on && $2 == b { print $4 }'; }

        start() {
            command -v keepalived >/dev/null || {
                echo "qemulab-vip: keepalived is not installed: the gateway needs an image that has it, or a package mirror" >&2
                return 1
            }
            mkdir -p $drains
            if systemd; then systemctl enable -q keepalived && systemctl reload-or-restart keepalived
            elif running; then kill -HUP "$(cat $pid)"
            else keepalived; fi
        }
        stop() {
            if systemd; then systemctl stop keepalived
            elif running; then kill "$(cat $pid)"; fi
        }
        status() {
            if ! running; then echo state stopped
            elif ip addr show dev {{KeepalivedConfig.Interface}} | grep -qF ' {{ip.Address}}/32 '; then echo state master
            else echo state backup; fi
            grep -l '^-' $drains/* 2>/dev/null | sed 's|.*/|drained |'
            ipvsadm -L -n 2>/dev/null || :
        }
        # keepalived sees the file change at once; it is not a check's result, so no check can undo it. A gateway that is
        # killed must not come back with what was said before.
        set_drain() {
            echo "$2" >"$drains/$1"
            sync
        }
        drain() {
            server=$(backend "$1") || return 2
            set_drain "$1" -254
            end=$(($(uptime_seconds) + 10))
            while [ "$(uptime_seconds)" -lt $end ]; do
                case $(weight "$server") in 0 | '') return 0 ;; esac
                sleep 0.2
            done
            echo "qemulab-vip: keepalived has not taken $1 out within 10 s" >&2
            return 1
        }
        undrain() {
            backend "$1" >/dev/null || return 2
            set_drain "$1" 0
        }

        case $1 in
            start | stop | status | drain | undrain) "$@" ;;
            *) echo "usage: qemulab-vip start | stop | status | drain MACHINE | undrain MACHINE" >&2; exit 2 ;;
        esac

        """;

    /// <summary>A check with memory, for what keepalived's own checkers do not do; it ends with 0 while the backend counts as up.</summary>
    public static string Check(VirtualIp ip) => $$"""
        #!/bin/sh
        # Made by QemuLab: qemulab-vip-check MACHINE ADDRESS asks one backend, and ends with 0 while it counts as up.
        PATH=/usr/sbin:/usr/bin:/sbin:/bin
        path={{ShellQuoting.Quote(ip.Check.Path)}} body={{ShellQuoting.Quote(ip.Check.Body ?? "")}}
        rise={{ip.Check.Rise}} fall={{ip.Check.Fall}} limit={{((long)ip.Check.Timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture)}}
        address=$2 state=/run/qemulab-vip/$1

        {{Ask(ip)}}

        good=down need=$fall
        ask && good=up need=$rise
        mkdir -p /run/qemulab-vip
        was=$good count=0
        [ ! -s "$state" ] || read -r was count <"$state"
        if [ "$was" = $good ]; then count=0; else count=$((count + 1)); fi
        [ $count -lt $need ] || { was=$good; count=0; }
        echo "$was $count" >"$state"
        [ "$was" = up ]

        """;

    private static string Ask(VirtualIp ip)
    {
        VirtualIpCheck check = ip.Check;
        if (check.Type == VirtualIpCheckType.Tcp)
        {
            // -z is not in busybox' nc, -e not in OpenBSD's.
            return $$"""
                connect() { timeout $limit nc "$@" </dev/null >/dev/null 2>&1; }
                ask() { connect -z "$address" {{ip.Port}} || connect -w $limit "$address" {{ip.Port}} -e /bin/true; }
                """;
        }

        string verify = check.CaCertificates is null ? "" : $" -CAfile {CertificatesPath} -verify_return_error";
        string carry = check.Type == VirtualIpCheckType.Https
            ? $"openssl s_client -quiet{verify} -servername {ip.Name} -connect \"$address:{ip.Port}\""
            : $"nc \"$address\" {ip.Port}";
        return $$"""
            blank=$(printf '\r\n\r\n.') blank=${blank%.}
            ask() {
                answer=$(printf 'GET %s HTTP/1.0\r\nHost: {{ip.Name}}\r\nConnection: close\r\n\r\n' "$path" | timeout $limit {{carry}} 2>/dev/null)
                case $answer in 'HTTP/1.'[01]' 200'*) ;; *) return 1 ;; esac
                case ${answer#*"$blank"} in *"$body"*) ;; *) return 1 ;; esac
            }
            """;
    }
}
