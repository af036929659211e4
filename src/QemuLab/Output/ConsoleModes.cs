using System.Text;

namespace QemuLab.Output;

/// <summary>
/// Watches what a guest tells a terminal, to take back at the end what it has left switched: another screen, the mouse, a
/// hidden cursor. Only what was switched is touched, so that a terminal that was left alone stays as it is.
/// </summary>
internal sealed class ConsoleModes
{
    /// <summary>Longer is no sequence that switches anything.</summary>
    private const int LongestSequence = 64;

    /// <summary>Modes that are on unless somebody switches them off: lines wrap, the cursor is seen.</summary>
    private static readonly int[] NormallyOn = [7, 25];

    /// <summary>Private modes that are not as they were, each with what it is now.</summary>
    private readonly SortedDictionary<int, bool> modes = [];
    private readonly StringBuilder sequence = new();
    private bool hasMargins;
    private bool wrote;

    public void Watch(ReadOnlySpan<byte> bytes)
    {
        wrote |= bytes.Length > 0;
        foreach (byte one in bytes)
        {
            if (one == 0x1b)
            {
                sequence.Clear().Append('\e');
            }
            else if (sequence.Length > 0)
            {
                Continue((char)one);
            }
        }
    }

    /// <summary>What brings the terminal back; empty where nothing was written.</summary>
    public string Reset()
    {
        if (!wrote)
        {
            return "";
        }

        var text = new StringBuilder();

        // The other screen last: it brings back the cursor of before.
        foreach ((int mode, bool isOn) in modes.OrderBy(mode => mode.Key is 47 or 1047 or 1049))
        {
            text.Append($"\e[?{mode}{(isOn ? 'l' : 'h')}");
        }

        // Setting margins moves the cursor.
        text.Append(hasMargins ? "\e7\e[r\e8" : "");

        // Colours, the character set, the keypad: to write these hurts nobody.
        return text.Append("\e[0m\e(B\u000f\e>").ToString();
    }

    private void Continue(char one)
    {
        sequence.Append(one);
        bool isIntroducer = sequence.Length == 2 && one == '[';
        if (sequence[1] != '[' || sequence.Length > LongestSequence)
        {
            // A full reset takes everything back by itself.
            if (sequence.Length == 2 && one == 'c')
            {
                modes.Clear();
                hasMargins = false;
            }

            sequence.Clear();
        }
        else if (!isIntroducer && one is >= '@' and <= '~')
        {
            Apply(sequence.ToString(2, sequence.Length - 3), one);
            sequence.Clear();
        }
    }

    private void Apply(string parameters, char final)
    {
        switch (final)
        {
            case 'r' when parameters.All(character => char.IsAsciiDigit(character) || character == ';'):
                hasMargins = parameters.Length > 0;
                break;
            case 'h' or 'l' when parameters.StartsWith('?'):
                foreach (string part in parameters[1..].Split(';'))
                {
                    Switch(part, final == 'h');
                }

                break;
        }
    }

    private void Switch(string part, bool isOn)
    {
        if (!int.TryParse(part, out int mode))
        {
            return;
        }

        if (isOn == NormallyOn.Contains(mode))
        {
            modes.Remove(mode);
        }
        else
        {
            modes[mode] = isOn;
        }
    }
}
