using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Bridges;

public sealed class NetworkPrivilegeTests
{
    [Theory]
    [InlineData("CapEff:\t000001fffeffffff\n", null)]
    [InlineData("CapEff:\t0000000000001000\nCapBnd:\t0\n", null)]
    [InlineData("CapEff:\t0000000000000000\nCapBnd:\t000001fffeffffff\n", "no-net-admin")]
    [InlineData("", "no-net-admin")]
    public void The_right_is_read_from_what_the_kernel_says(string status, string? code)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && NetworkPrivilege.Find("nft") is not null && NetworkPrivilege.Find("ip") is not null && NetworkPrivilege.Find("sysctl") is not null, "needs nftables, iproute2 and procps");

        QemuLabException? refusal = NetworkPrivilege.Refusal(new ProcessCapabilities(status));

        Assert.Equal(code, refusal?.Code);
        Assert.Equal(code is not null, refusal?.Hint?.Contains("mode: user", StringComparison.Ordinal) == true);
    }
}
