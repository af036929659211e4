using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Labs;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("memroy", "memory")]
    [InlineData("CPUS", "cpus")]
    [InlineData("mem", "memory")]
    [InlineData("cpu", "cpus")]
    [InlineData("disksize", "disk")]
    [InlineData("wibble", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_offered_where_it_is_near(string word, string? nearest) =>
        Assert.Equal(nearest, Suggestion.For(word, ["image", "memory", "cpus", "disk"]));

    [Fact]
    public void A_word_of_a_megabyte_is_not_compared() => Assert.Null(Suggestion.For(new string('m', 1 << 20), ["memory"]));
}
