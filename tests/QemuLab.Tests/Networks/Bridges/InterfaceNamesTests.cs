using QemuLab.Engine.Networks;

namespace QemuLab.Tests.Networks.Bridges;

public sealed class InterfaceNamesTests
{
    [Fact]
    public void What_fits_is_readable()
    {
        Assert.Equal("ql-k8s", InterfaceNames.Bridge("k8s", "lan"));
        Assert.Equal("ql-k8s_storage", InterfaceNames.Bridge("k8s", "storage"));
        Assert.Equal("qt-k8s_control0", InterfaceNames.Tap("k8s", "lan", "control0"));
    }

    [Fact]
    public void What_does_not_fit_is_cut_and_told_apart_by_a_hash()
    {
        string[] names =
        [
            .. from lab in (string[])["a", "a-b", "kubernetes-in-production", "kubernetes-in-staging"]
               from network in (string[])["lan", "storage", "b-lan", "b"]
               from name in (string[])[InterfaceNames.Bridge(lab, network), .. from machine in (string[])["a", "b", "worker-number-1", "worker-number-2"] select InterfaceNames.Tap(lab, network, machine)]
               select name,
        ];

        Assert.All(names, name => Assert.InRange(name.Length, 4, InterfaceNames.MaxLength));
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal("ql-kube__", InterfaceNames.Bridge("kubernetes-in-production", "lan")[..9]);
    }
}
