using System.Net;
using QemuLab.Commands;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks;

public sealed class VirtualIpListingTests
{
    private static readonly VirtualIp Ip = new()
    {
        Address = IPAddress.Parse("10.77.0.100"),
        Port = 6443,
        Gateways = [new VirtualIpGateway("gateway", IPAddress.Parse("10.77.0.10"))],
        Backends = [.. Enumerable.Range(0, 4).Select(i => new VirtualIpBackend($"control{i}", IPAddress.Parse($"10.77.0.1{i + 1}"), 1))],
    };

    private const string Said = """
        state master
        drained control1
        IP Virtual Server version 1.2.1 (size=4096)
        Prot LocalAddress:Port Scheduler Flags
          -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
        TCP  10.77.0.200:6443 rr
          -> 10.77.0.11:6443              Route   9      9          9
        TCP  10.77.0.100:6443 wrr
          -> 10.77.0.11:6443              Route   2      3          10
          -> 10.77.0.12:6443              Route   0      1          0
          -> 10.77.0.13:6443              Route   0      0          0
        """;

    [Fact]
    public void The_kernels_list_tells_who_is_up_down_drained_and_missing()
    {
        VirtualIpGatewayStatus status = VirtualIpListing.Read("gateway", Said, Ip);

        Assert.Equal(VirtualIpGatewayState.Master, status.State);
        Assert.Equal(
            ["control0 Up 2 3 10", "control1 Drained 0 1 0", "control2 Down 0 0 0", "control3 Absent 0 0 0"],
            status.Backends.Select(backend => $"{backend.Machine} {backend.State} {backend.Weight} {backend.ActiveConnections} {backend.InactiveConnections}"));
    }

    [Fact]
    public void Nothing_understood_is_a_gateway_that_is_stopped()
    {
        Assert.Equal(VirtualIpGatewayState.Stopped, VirtualIpListing.Read("gateway", "", Ip).State);
        Assert.Equal(VirtualIpGatewayState.Backup, VirtualIpListing.Read("gateway", "state backup\n", Ip).State);
    }

    [Fact]
    public void The_table_names_gateways_that_could_not_be_asked()
    {
        var status = new VirtualIpStatus("k8s", "10.77.0.100:6443", "kubernetes.k8s.lab", "wrr",
            [VirtualIpListing.Read("gateway0", Said, Ip), new VirtualIpGatewayStatus("gateway1", VirtualIpGatewayState.Unreachable, "it is not ready (Stopped)", [])]);

        string text = VirtualIpCommand.Text(status, null);

        Assert.StartsWith("k8s: kubernetes.k8s.lab is 10.77.0.100:6443, balanced by wrr\nGATEWAY ", text, StringComparison.Ordinal);
        Assert.Contains("gateway0   master        control1   10.77.0.12:6443   drained", text, StringComparison.Ordinal);
        Assert.EndsWith("gateway1: it is not ready (Stopped)\n", text, StringComparison.Ordinal);
    }
}
