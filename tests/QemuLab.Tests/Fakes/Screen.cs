using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace QemuLab.Tests.Fakes;

/// <summary>
/// What a person sees of what is written to a terminal: lines that are too long are folded, the cursor goes where it is
/// sent, and a window that is drawn narrower folds what is there, as xterm's heirs do. An escape sequence that it does not know is a fault.
/// </summary>
internal sealed partial class Screen(int columns, int rows)
{
    private readonly List<Row> all = [new Row()];
    private int width = columns, height = rows, top, row, column;
    private string style = "";

    public void Write(string text)
    {
        for (int at = 0; at < text.Length;)
        {
            if (text[at] != '\e')
            {
                Put(text[at++]);
                continue;
            }

            Match sequence = Sequence().Match(text, at);
            Assert.True(sequence.Success && sequence.Index == at, $"an escape sequence that no terminal was asked for yet: {text[at..Math.Min(text.Length, at + 12)].Replace('\e', '␛')}");
            Obey(sequence.Groups["end"].Value, sequence.Groups["number"].Value);
            at += sequence.Length;
        }
    }

    public void Resize(int columns, int rows)
    {
        List<Row> folded = [];
        (int newRow, int newColumn) = (0, 0);
        for (int i = 0; i < all.Count;)
        {
            int begin = folded.Count;
            List<(char, string)> line = [];
            int? cursor = null;
            bool goesOn;
            do
            {
                cursor = i == row ? line.Count + column : cursor;
                line.AddRange(all[i].Cells);
                goesOn = all[i++].Folds;
            }
            while (goesOn && i < all.Count);

            folded.AddRange(line.Chunk(columns).DefaultIfEmpty([]).Select(piece => new Row { Cells = [.. piece], Folds = true }));
            folded[^1].Folds = false;
            if (cursor is { } place)
            {
                newRow = Math.Min(begin + (place / columns), folded.Count - 1);
                newColumn = Math.Min(place - ((newRow - begin) * columns), columns);
            }
        }

        all.Clear();
        all.AddRange(folded);
        (row, column, width, height) = (newRow, newColumn, columns, rows);
        top = Math.Min(row, Math.Max(0, all.Count - height));
    }

    /// <summary>All that was ever shown, as far down as there is something; a row that goes on in the next ends in ↵, a change of colour is ␛[…m.</summary>
    public string Text()
    {
        IEnumerable<string> lines = all.Select(one => one.ToString());
        return string.Concat(lines.Reverse().SkipWhile(line => line.Length == 0).Reverse().Select(line => line + "\n"));
    }

    private void Put(char letter)
    {
        switch (letter)
        {
            case '\r':
                column = 0;
                break;
            case '\n':
                Down();
                break;
            case '\b':
                column = Math.Max(0, column - 1);
                break;
            case < ' ':
                Assert.Fail($"a control character, {(int)letter:x2}, is shown");
                break;
            default:
                if (column == width)
                {
                    all[row].Folds = true;
                    Down();
                    column = 0;
                }

                all[row].Set(column++, letter, style);
                break;
        }
    }

    private void Down()
    {
        row++;
        if (row == all.Count)
        {
            all.Add(new Row());
        }

        top = Math.Max(top, row - height + 1);
    }

    private void Obey(string end, string number)
    {
        int count = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : 1;
        switch (end)
        {
            case "A":
                row = Math.Max(top, row - count);
                break;
            case "K":
                all[row].CutAt(column);
                break;
            case "J":
                all[row].CutAt(column);
                all.RemoveRange(row + 1, all.Count - row - 1);
                break;
            case "m":
                style = number is "" or "0" ? "" : number;
                break;
        }
    }

    /// <summary>Up, erase, colour; what switches the cursor or the keypad shows nothing.</summary>
    [GeneratedRegex(@"\e(?:\[(?<number>[0-9;]*)(?<end>[AKJm])|\[\?[0-9;]+[hl]|[=>])")]
    private static partial Regex Sequence();

    private sealed class Row
    {
        public List<(char Letter, string Style)> Cells { get; init; } = [];

        public bool Folds { get; set; }

        public void Set(int at, char letter, string style)
        {
            while (Cells.Count <= at)
            {
                Cells.Add((' ', ""));
            }

            Cells[at] = (letter, style);
        }

        public void CutAt(int at)
        {
            Cells.RemoveRange(Math.Min(at, Cells.Count), Math.Max(0, Cells.Count - at));
            Folds = false;
        }

        public override string ToString()
        {
            var text = new StringBuilder();
            string now = "";
            foreach ((char letter, string style) in Cells)
            {
                text.Append(style == now ? "" : $"␛[{style}m").Append(letter);
                now = style;
            }

            return text.Append(now.Length == 0 ? "" : "␛[m").ToString().TrimEnd() + (Folds ? "↵" : "");
        }
    }
}
