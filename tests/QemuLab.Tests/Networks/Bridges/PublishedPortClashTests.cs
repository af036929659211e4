using System.Net;
using QemuLab.Engine;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Bridges;

public sealed class PublishedPortClashTests
{
    [Fact]
    public void One_port_of_the_host_leads_to_one_address()
    {
        BridgeRecord record = new BridgeRecord().With(Plans.Machine("one", 11, Plans.Tcp("127.0.0.1", 8080, 80)));

        QemuLabException clash = Assert.Throws<QemuLabException>(() => PublishedPortClash.Check(record.With(Plans.Machine("two", 12, Plans.Tcp("127.0.0.1", 8080, 80)))));

        Assert.Equal("port-taken", clash.Code);
        Assert.Contains("leads to one of this lab", clash.Message, StringComparison.Ordinal);
        PublishedPortClash.Check(record.With(Plans.Machine("one", 11, Plans.Tcp("127.0.0.1", 8080, 81))));
        PublishedPortClash.Check(record.With(Plans.Machine("two", 12, Plans.Tcp("0.0.0.0", 8080, 80))));
    }

    [Fact]
    public void The_gateways_of_a_virtual_ip_share_its_port()
    {
        PortForward published = Plans.Tcp("127.0.0.1", 6443, 6443) with { GuestAddress = IPAddress.Parse("10.77.0.100") };

        PublishedPortClash.Check(new BridgeRecord().With(Plans.Machine("gateway0", 8, published)).With(Plans.Machine("gateway1", 9, published)));
    }
}
