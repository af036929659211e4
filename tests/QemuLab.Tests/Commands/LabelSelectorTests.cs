using QemuLab.Commands;
using QemuLab.Engine;

namespace QemuLab.Tests.Commands;

/// <summary>Machines by their labels.</summary>
public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["role"] = "control", ["zone"] = "a" };

    [Theory]
    [InlineData("role=control", true)]
    [InlineData("role==control", true)]
    [InlineData("role=worker", false)]
    [InlineData("role!=worker", true)]
    [InlineData("disk!=ssd", true)]
    [InlineData("role!=control", false)]
    [InlineData("zone", true)]
    [InlineData("disk", false)]
    [InlineData("!disk", true)]
    [InlineData("!zone", false)]
    [InlineData("role=control,zone=a", true)]
    [InlineData("role=control, zone=b", false)]
    public void All_terms_must_hold(string text, bool selects) => Assert.Equal(selects, LabelSelector.Parse([text]).Selects(Labels));

    [Fact]
    public void Several_are_one() => Assert.False(LabelSelector.Parse(["role=control", "zone=b"]).Selects(Labels));

    [Theory]
    [InlineData("")]
    [InlineData("=a")]
    [InlineData("a=b=c")]
    [InlineData("!")]
    public void What_is_none_is_said(string text) =>
        Assert.Equal("selector-invalid", Assert.Throws<QemuLabException>(() => LabelSelector.Parse([text])).Code);
}
