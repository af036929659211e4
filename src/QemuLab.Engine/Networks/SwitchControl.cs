using System.Net.Sockets;
using System.Text.Json;
using QemuLab.Engine.Networks.Captures;

namespace QemuLab.Engine.Networks;

/// <summary>The switch's side of its control socket. For the same one thread as the ports; no client can hold it up.</summary>
internal sealed class SwitchControl : IDisposable
{
    /// <summary>The request after which the connection carries frames.</summary>
    public const string Capture = "capture";

    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<SwitchControlClient> clients = [];
    private readonly string path;
    private readonly Func<SwitchRequest, SwitchAnswer> answer;
    private readonly List<SwitchCapture> captures;
    private readonly Func<SwitchCapture> beginCapture;

    /// <param name="path">Where it listens.</param>
    /// <param name="answer">Does what is asked.</param>
    /// <param name="captures">Those that see the frames; kept up here.</param>
    /// <param name="beginCapture">A new one.</param>
    public SwitchControl(string path, Func<SwitchRequest, SwitchAnswer> answer, List<SwitchCapture> captures, Func<SwitchCapture> beginCapture)
    {
        (this.path, this.answer, this.captures, this.beginCapture) = (path, answer, captures, beginCapture);
        File.Delete(path);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(16);
        listener.Blocking = false;
        Handle = (int)listener.Handle;
    }

    public int Handle { get; }

    public IReadOnlyList<SwitchControlClient> Clients => clients;

    public void Accept()
    {
        try
        {
            clients.Add(new SwitchControlClient(listener.Accept()));
        }
        catch (SocketException)
        {
            // It went away again before we came to it.
        }
    }

    /// <summary>Answers the lines that have come, or hands on what was captured; lets the client go where it has ended or misbehaves.</summary>
    public void Serve(SwitchControlClient client)
    {
        bool open = client.Capture is null ? ServeLines(client) : client.ServeCapture();
        if (!open)
        {
            if (client.Capture is { } capture)
            {
                captures.Remove(capture);
            }

            clients.Remove(client);
            client.Dispose();
        }
    }

    public void Dispose()
    {
        clients.ForEach(client => client.Dispose());
        listener.Dispose();
        File.Delete(path);
    }

    private bool ServeLines(SwitchControlClient client)
    {
        bool open = client.Receive();
        while (open && client.NextLine() is { } line)
        {
            SwitchRequest? request = Read(line);
            SwitchAnswer said = request is { Command: not null } ? answer(request) : new SwitchAnswer { Error = "not a JSON request with a command" };
            open = client.Send(JsonSerializer.SerializeToUtf8Bytes(said, SwitchJson.Default.SwitchAnswer));
            if (open && request?.Command == Capture)
            {
                client.Capture = beginCapture();
                captures.Add(client.Capture);
                break;
            }
        }

        return open;
    }

    private static SwitchRequest? Read(byte[] line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, SwitchJson.Default.SwitchRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
