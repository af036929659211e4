using System.Text;

namespace QemuLab.Engine.Networks;

/// <summary>Text in nft's language as it grows: tables, chains and rules, indented as <c>nft list</c> does.</summary>
internal sealed class NftText
{
    private readonly StringBuilder text = new();
    private int depth;

    /// <summary>The table with this content and no other, whether it was there or not.</summary>
    public void Replace(string family, string table, Action content)
    {
        Remove(family, table);
        Block($"table {family} {table}", content);
    }

    /// <summary>Declared first, because only what is there can be deleted.</summary>
    public void Remove(string family, string table)
    {
        Line($"table {family} {table}");
        Line($"delete table {family} {table}");
    }

    /// <param name="name">The chain's.</param>
    /// <param name="hook">Where the kernel calls it; null for one that others jump to.</param>
    /// <param name="rules">Writes its rules.</param>
    public void Chain(string name, string? hook, Action rules) => Block($"chain {name}", () =>
    {
        if (hook is not null)
        {
            Line(hook);
        }

        rules();
    });

    public void Line(string line) => text.Append('\t', depth).Append(line).Append('\n');

    public override string ToString() => text.ToString();

    private void Block(string head, Action content)
    {
        Line(head + " {");
        depth++;
        content();
        depth--;
        Line("}");
    }
}
