using System.Globalization;
using System.Text.RegularExpressions;
using QemuLab.Engine.Labs.Yaml;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Labs.Definition;

/// <summary>Names, sizes and times.</summary>
internal static partial class Kinds
{
    public static ValueKind<MachineName> Name { get; } = Text<MachineName>("a name such as web-1", Pattern(NameForm()), (scalar, out value) =>
        MachineName.TryParse(scalar.Text, out value) ? null : $"{Quote.Of(scalar.Source)} is not a name: use {MachineName.Rule}");

    public static ValueKind<ByteSize> Size(string minimum, string maximum) => Text<ByteSize>(
        "a size such as 512MiB or 2GiB", Pattern(SizeForm()), (scalar, out value) =>
        {
            ByteSize least = ByteSize.Parse(minimum), most = ByteSize.Parse(maximum);
            return (ByteSize.TryParse(scalar.Text, out value), CoreSchema.TryInteger(scalar with { IsPlain = true }, out long bare)) switch
            {
                (_, true) => NoUnit(scalar, bare),
                (false, _) => $"{Quote.Of(scalar.Source)} is not a size: write a number with a unit, such as 512MiB or 2GiB",
                _ when value < least || value > most => $"{Quote.Of(scalar.Source)} is out of range: write {minimum} to {maximum}",
                _ => null,
            };
        });

    /// <summary>From nothing to an hour.</summary>
    public static ValueKind<TimeSpan> Duration { get; } = Text<TimeSpan>("a time such as 60s or 2m", Pattern(DurationForm()), (scalar, out value) =>
    {
        value = default;
        if (CoreSchema.TryInteger(scalar with { IsPlain = true }, out long bare))
        {
            return $"{Quote.Of(scalar.Source)} has no unit: write {bare}s or {bare}m";
        }

        Match match = DurationForm().Match(scalar.Text);
        if (!match.Success)
        {
            return $"{Quote.Of(scalar.Source)} is not a time: write seconds or minutes, such as 60s, 2m or 1m30s";
        }

        value = TimeSpan.FromSeconds((60L * Number(match.Groups[1])) + Number(match.Groups[2]));
        return value <= TimeSpan.FromHours(1) ? null : $"{Quote.Of(scalar.Source)} is out of range: write 0s to 60m";
    });

    /// <summary>For <c>-cpu</c>: a model and, after commas, features.</summary>
    public static ValueKind<string> CpuModel { get; } = Matching(CpuModelForm(), "a CPU model such as max or host,pmu=off");

    public static ValueKind<string> DiskName { get; } = Matching(DiskNameForm(), "a disk name: use lower-case letters, digits and hyphens, at most 20");

    public static ValueKind<string> LabelValue { get; } = Matching(LabelValueForm(), "a label value: use letters, digits, '.', '_' and '-', at most 63");

    private static string NoUnit(YamlScalar scalar, long bare) => bare switch
    {
        > 0 and < 128 => $"{Quote.Of(scalar.Source)} has no unit: write {bare}GiB or {bare}MiB",
        > 0 => $"{Quote.Of(scalar.Source)} has no unit: write {bare}MiB or {bare}GiB",
        _ => $"{Quote.Of(scalar.Source)} is not a size: write a number with a unit, such as 512MiB or 2GiB",
    };

    private static int Number(Group group) => group.Success ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    public static partial Regex NameForm();

    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+)? ?([KMGTkmgt](i?[Bb])?|B)\z")]
    private static partial Regex SizeForm();

    [GeneratedRegex(@"\A(?!\z)(?:([0-9]{1,4})m)?(?:([0-9]{1,5})s)?\z")]
    private static partial Regex DurationForm();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*(,[+-]?[A-Za-z0-9][A-Za-z0-9._-]*(=[A-Za-z0-9._-]+)?)*\z")]
    private static partial Regex CpuModelForm();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?\z")]
    private static partial Regex DiskNameForm();

    [GeneratedRegex(@"\A([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?\z")]
    private static partial Regex LabelValueForm();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?\z")]
    public static partial Regex LabelNameForm();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?\z")]
    public static partial Regex HeaderNameForm();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_-]{0,62}\z")]
    public static partial Regex ParameterNameForm();
}
