using Xunit.Sdk;
using Xunit.v3;

namespace QemuLab.Integration.Tests;

/// <summary>
/// Classes run side by side, each one's tests one after another: one that takes minutes must not be the last to begin. The
/// runner begins with the first two of what it is given, and goes on from the end.
/// </summary>
/// <param name="longest">The classes that take longest, the longest first.</param>
public abstract class LongestFirst(params string[] longest) : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection
    {
        TTestCollection[] found = [.. testCollections.Where(collection => PlaceOf(collection) >= 0).OrderBy(PlaceOf)];
        return [.. found.Take(2), .. testCollections.Where(collection => PlaceOf(collection) < 0), .. found.Skip(2).Reverse()];
    }

    private int PlaceOf<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection =>
        Array.FindIndex(longest, name => collection.TestCollectionDisplayName.Contains("." + name, StringComparison.Ordinal));
}
