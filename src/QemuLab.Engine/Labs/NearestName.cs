namespace QemuLab.Engine.Labs;

/// <summary>The known name that a mistyped one was meant to be.</summary>
public static class NearestName
{
    /// <summary>The nearest of <paramref name="known"/>, or null where none is near: at most a third of the letters differ.</summary>
    public static string? Of(string typed, IEnumerable<string> known)
    {
        string? nearest = null;
        int least = Math.Max(1, typed.Length / 3) + 1;
        foreach (string name in known)
        {
            int distance = Distance(typed, name);
            if (distance < least)
            {
                (nearest, least) = (name, distance);
            }
        }

        return nearest;
    }

    /// <summary>Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, case ignored.</summary>
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                cost[i, j] = (i, j) switch
                {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => Math.Min(
                        Math.Min(cost[i - 1, j] + 1, cost[i, j - 1] + 1),
                        cost[i - 1, j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1)),
                };
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
