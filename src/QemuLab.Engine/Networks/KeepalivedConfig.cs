using System.Globalization;
using System.Text;

namespace QemuLab.Engine.Networks;

/// <summary>
/// A gateway's keepalived.conf: IPVS in direct-routing mode with a check for each backend, and VRRP for the address. The
/// address comes 1.5 s and more after keepalived's start, when IPVS is long set up: nobody answers ARP for it before.
/// </summary>
internal sealed class KeepalivedConfig(VirtualIp ip, string machine)
{
    /// <summary>The NIC on the lab's first network.</summary>
    public const string Interface = "eth0";

    /// <summary>A file for each backend: 0, or -254 while it is drained.</summary>
    public const string DrainFolder = "/var/lib/qemulab-vip/drain";

    public const string CheckScript = "/usr/local/sbin/qemulab-vip-check";

    private const int HighestPriority = 250;

    private readonly StringBuilder text = new();
    private int depth;

    public static string Text(VirtualIp ip, string machine)
    {
        var config = new KeepalivedConfig(ip, machine);
        config.Write();
        return config.text.ToString();
    }

    /// <summary>
    /// Whether keepalived's own checkers do not do what is asked, so that a script does: they count no good answers, verify no
    /// certificate, and take some characters of a text for something else.
    /// </summary>
    public static bool NeedsScript(VirtualIpCheck check) =>
        check.Rise > 1 || check.CaCertificates is not null || check.Body?.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') == false;

    private void Write()
    {
        Line("# Made by QemuLab for the lab's virtual IP.");
        Block("global_defs", () =>
        {
            Line($"router_id {machine}");
            Line("vrrp_version 3");
            Line("enable_script_security");
            Line("script_user root");
        });
        foreach (VirtualIpBackend backend in ip.Backends)
        {
            Block($"track_file drain_{backend.Machine}", () =>
            {
                Line($"file {DrainFolder}/{backend.Machine}");
                Line("weight 0");
                Line("init_file 0");
            });
        }

        Block("vrrp_instance vip", WriteVrrp);
        Block($"virtual_server {ip.Address} {ip.Port}", WriteServers);
    }

    private void WriteVrrp()
    {
        int index = ip.Gateways.Select(gateway => gateway.Machine).ToList().IndexOf(machine);
        Line("state BACKUP");
        Line($"interface {Interface}");
        // Any number that no other pair on the network has.
        Line($"virtual_router_id {Math.Max((byte)1, ip.Address.GetAddressBytes()[3])}");
        Line($"priority {HighestPriority - index}");
        // A gateway is given up after three of these and less than one more: under 2 s.
        Line("advert_int 0.5");
        Line("garp_master_delay 1");
        if (ip.Gateways.Count > 1)
        {
            Line($"unicast_src_ip {ip.Gateways[index].Address}");
            Block("unicast_peer", () =>
            {
                foreach (VirtualIpGateway peer in ip.Gateways.Where(gateway => gateway.Machine != machine))
                {
                    Line(peer.Address.ToString());
                }
            });
        }

        Block("virtual_ipaddress", () => Line($"{ip.Address}/32 dev {Interface}"));
    }

    private void WriteServers()
    {
        Line($"lb_algo {ip.Scheduler}");
        if (ip.Scheduler == "sh")
        {
            // Without it, the clients of a backend that is out would get no answer.
            Line("sh-fallback");
        }

        Line("lb_kind DR");
        Line("protocol TCP");
        Line($"delay_loop {Seconds(ip.Check.Interval)}");
        Line("warmup 0");
        Line("alpha");
        // Weight 0 instead of removal: what is open lives on.
        Line("inhibit_on_failure");
        foreach (VirtualIpBackend backend in ip.Backends)
        {
            Block($"real_server {backend.Address} {ip.Port}", () =>
            {
                Line($"weight {backend.Weight}");
                WriteCheck(backend);
                Block("FILE_CHECK", () =>
                {
                    Line($"track_file drain_{backend.Machine}");
                    Line("weight 1");
                });
            });
        }
    }

    private void WriteCheck(VirtualIpBackend backend)
    {
        VirtualIpCheck check = ip.Check;
        if (NeedsScript(check))
        {
            Block("MISC_CHECK", () =>
            {
                Line($"misc_path \"{CheckScript} {backend.Machine} {backend.Address}\"");
                Line($"misc_timeout {Seconds(check.Timeout + TimeSpan.FromSeconds(3))}");
            });
            return;
        }

        string type = check.Type switch { VirtualIpCheckType.Http => "HTTP_GET", VirtualIpCheckType.Https => "SSL_GET", _ => "TCP_CHECK" };
        Block(type, () =>
        {
            if (check.Type != VirtualIpCheckType.Tcp)
            {
                Block("url", () =>
                {
                    Line($"path {check.Path}");
                    Line("status_code 200");
                    if (check.Body is { } body)
                    {
                        Line($"regex {body}");
                    }
                });
            }

            Line($"connect_timeout {Seconds(check.Timeout)}");
            Line($"retry {check.Fall - 1}");
            Line($"delay_before_retry {Seconds(check.Interval)}");
        });
    }

    private static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private void Block(string head, Action inside)
    {
        Line(head + " {");
        depth++;
        inside();
        depth--;
        Line("}");
    }

    private void Line(string line) => text.Append(' ', 4 * depth).Append(line).Append('\n');
}
