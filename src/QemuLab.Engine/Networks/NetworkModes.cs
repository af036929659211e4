namespace QemuLab.Engine.Networks;

/// <summary>The modes' words: the same in lab files, in the API and in what people read.</summary>
public static class NetworkModes
{
    private static readonly (NetworkMode Mode, string Word)[] Table =
    [
        (NetworkMode.Auto, "auto"),
        (NetworkMode.User, "user"),
        (NetworkMode.Bridge, "bridge"),
        (NetworkMode.Existing, "existing"),
        (NetworkMode.Isolated, "isolated"),
        (NetworkMode.VmnetShared, "vmnet-shared"),
        (NetworkMode.VmnetHost, "vmnet-host"),
        (NetworkMode.VmnetBridged, "vmnet-bridged"),
        (NetworkMode.SocketVmnet, "socket_vmnet"),
    ];

    public static IReadOnlyList<string> Words { get; } = [.. Table.Select(row => row.Word)];

    public static string Word(this NetworkMode mode) => Table.First(row => row.Mode == mode).Word;

    public static bool TryParse(string? word, out NetworkMode mode)
    {
        int index = Array.FindIndex(Table, row => row.Word == word);
        mode = index < 0 ? default : Table[index].Mode;
        return index >= 0;
    }

    /// <summary>Whether taps on a Linux bridge carry it.</summary>
    public static bool UsesTaps(this NetworkMode mode) => mode is NetworkMode.Bridge or NetworkMode.Existing;

    /// <summary>Whether QEMU makes the network itself by macOS' vmnet.framework.</summary>
    public static bool UsesVmnet(this NetworkMode mode) => mode is NetworkMode.VmnetShared or NetworkMode.VmnetHost or NetworkMode.VmnetBridged or NetworkMode.SocketVmnet;
}
