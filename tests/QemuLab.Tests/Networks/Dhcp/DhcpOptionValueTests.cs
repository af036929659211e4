using QemuLab.Engine.Networks;
using QemuLab.Engine.Networks.Dhcp;

namespace QemuLab.Tests.Networks.Dhcp;

public sealed class DhcpOptionValueTests
{
    [Theory]
    [InlineData(42, "10.77.0.1", "0a4d0001")]
    [InlineData(42, "10.77.0.1, 10.77.0.2", "0a4d00010a4d0002")]
    [InlineData(26, "9000", "2328")]
    [InlineData(23, "64", "40")]
    [InlineData(2, "-3600", "fffff1f0")]
    [InlineData(150, "7", "07")]
    [InlineData(150, "7s", "0007")]
    [InlineData(150, "7i", "00000007")]
    [InlineData(150, "1,2,300b", "01022c")]
    [InlineData(150, "70000", "00011170")]
    [InlineData(43, "01:04:de:ad", "0104dead")]
    [InlineData(67, "pxe/boot.efi", "7078652f626f6f742e656669")]
    [InlineData(119, "a.lab,b", "0161036c6162000162 00")]
    [InlineData(15, "k8s.lab", "6b38732e6c6162")]
    public void A_value_as_text(int option, string value, string expected) =>
        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexStringLower(DhcpOptionValue.Encode(new DhcpOption(option, value))));
}
