using System.Globalization;
using System.Text.RegularExpressions;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands;

/// <summary>What a new lab file is to say. What is null stays as the template has it, or is chosen for the host.</summary>
internal sealed partial record LabDraft
{
    public const string UsualTemplate = "three-node";

    public required LabTemplate Template { get; init; }

    public string? Name { get; init; }

    public string? Image { get; init; }

    public string? Memory { get; init; }

    public int? Cpus { get; init; }

    public string? User { get; init; }

    public string? PasswordHash { get; init; }

    /// <summary>The lines of .pub files.</summary>
    public IReadOnlyList<string> SshKeys { get; init; } = [];

    /// <summary>Key and value, as <c>--set</c> has them.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The file's text, which reads without a fault; and what was proposed, where something was.</summary>
    /// <param name="file">What the file will be called.</param>
    /// <param name="room">Looks at the host, if that is needed.</param>
    /// <exception cref="QemuLabException">An answer does not fit the file: it is told as a fault of it.</exception>
    public (string Text, Lab Lab, string? Proposal) Compose(string file, Func<HostSize> room)
    {
        string text = Template.TextFor(file);
        ImageCatalog catalog = EngineWiring.Catalog();
        text = Name is null ? text : LabText.Set(text, "name", Scalar(Name));
        text = Image is null ? text : LabText.Set(text, "image", Scalar(catalog.Find(Image).Name));
        foreach (string setting in Settings)
        {
            text = setting.Split('=', 2) is [{ Length: > 0 } key, { Length: > 0 } value]
                ? LabText.Set(text, key, Scalar(value))
                : throw new QemuLabException(ErrorKind.Usage, "setting-invalid", $"'{setting}' is not a setting", "write key=value, such as workers=2");
        }

        text = WithLogin(text);
        (text, string? proposal) = WithSizes(text, file, catalog, room);
        return (text, Read(text, file, catalog), proposal);
    }

    private (string Text, string? Proposal) WithSizes(string text, string file, ImageCatalog catalog, Func<HostSize> room)
    {
        bool isSet(string key) => Settings.Any(setting => setting.Split('=')[0] is var set && (set == key || set == "defaults." + key));
        (string? memory, string? cpus) = (Memory ?? (isSet("memory") ? "" : null), Cpus?.ToString(CultureInfo.InvariantCulture) ?? (isSet("cpus") ? "" : null));
        string? proposal = null;
        if (memory is null || cpus is null)
        {
            Lab lab = Read(text, file, catalog);
            HostSize host = room();
            ProposedSizes sizes = ProposedSizes.For(lab.Machines.Count, catalog.Find(lab.Machines[0].Image).MinimumMemory, host.MemoryAvailable, host.Cores);
            (memory, cpus, proposal) = (memory ?? sizes.Memory.ToString(), cpus ?? sizes.Cpus.ToString(CultureInfo.InvariantCulture), sizes.Reason);
        }

        string memoryKey = text.Contains("memory: ${memory}", StringComparison.Ordinal) ? "memory" : "defaults.memory";
        text = memory.Length == 0 ? text : LabText.Set(text, memoryKey, Scalar(memory));
        return (cpus.Length == 0 ? text : LabText.Set(text, "defaults.cpus", cpus), proposal);
    }

    /// <summary>Keys for the login user that QemuLab makes; a user of one's own goes into cloud-init's user-data, which alone knows passwords.</summary>
    private string WithLogin(string text)
    {
        if (SshKeys.Count > 0)
        {
            text = LabText.Set(text, "sshKeys", string.Concat(SshKeys.Select(key => "\n- " + Scalar(key))));
        }

        if (User is null)
        {
            return text;
        }

        if (FaultOfUser(User) is { } fault)
        {
            throw new QemuLabException(ErrorKind.Usage, "login-invalid", fault, "write small letters, digits, '-' and '_', a letter first: alice");
        }

        string password = PasswordHash is null ? "" : $"\n    lock_passwd: false\n    passwd: {PasswordHash}";
        string keys = SshKeys.Count == 0 ? "" : "\n    ssh_authorized_keys:" + string.Concat(SshKeys.Select(key => "\n      - " + Scalar(key)));
        return LabText.Set(text, "defaults.userData", $"|\n#cloud-config\nusers:\n  - name: {Scalar(User)}\n    sudo: ALL=(ALL) NOPASSWD:ALL{password}{keys}");
    }

    /// <summary>What is wrong with a user's name; null: nothing.</summary>
    internal static string? FaultOfUser(string name) => LoginName.IsMatch(name) ? null : $"'{name}' is not a login name";

    private static Lab Read(string text, string file, ImageCatalog catalog) =>
        LabReader.Read(new LabSource { DisplayPath = file, BaseDirectory = Path.GetDirectoryName(Path.GetFullPath(file))!, Text = text }, catalog.Images).LabOrThrow();

    /// <summary>As YAML has it: quoted where a letter would mean something.</summary>
    internal static string Scalar(string value) =>
        value.Any(char.IsControl) || value.Contains(": ", StringComparison.Ordinal) || value.Contains(" #", StringComparison.Ordinal) || "&*!|>%@`\"'#?,-".Contains(value.FirstOrDefault('?'), StringComparison.Ordinal) || value.EndsWith(':')
            ? "\"" + string.Concat(value.Select(letter => letter is '"' or '\\' ? "\\" + letter : char.IsControl(letter) ? $"\\x{(int)letter:x2}" : letter.ToString())) + "\""
            : value;

    [GeneratedRegex(@"\A[a-z_][a-z0-9_-]{0,31}\z")]
    private static partial Regex LoginName { get; }
}
