using System.Net.Sockets;
using System.Text.Json;

namespace QemuLab.Engine.Networks;

/// <summary>The switch's side of its control socket. For the same one thread as the ports; no client can hold it up.</summary>
internal sealed class SwitchControl : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<SwitchControlClient> clients = [];
    private readonly string path;
    private readonly Func<SwitchRequest, SwitchAnswer> answer;

    public SwitchControl(string path, Func<SwitchRequest, SwitchAnswer> answer)
    {
        (this.path, this.answer) = (path, answer);
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

    /// <summary>Answers the lines that have come; lets the client go where it has ended or misbehaves.</summary>
    public void Serve(SwitchControlClient client)
    {
        bool open = client.Receive();
        while (open && client.NextLine() is { } line)
        {
            open = client.Send(JsonSerializer.SerializeToUtf8Bytes(AnswerLine(line), SwitchJson.Default.SwitchAnswer));
        }

        if (!open)
        {
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

    private SwitchAnswer AnswerLine(byte[] line)
    {
        try
        {
            SwitchRequest? request = JsonSerializer.Deserialize(line, SwitchJson.Default.SwitchRequest);
            return request is { Command: not null } ? answer(request) : new SwitchAnswer { Error = "a request without a command" };
        }
        catch (JsonException)
        {
            return new SwitchAnswer { Error = "not a JSON request" };
        }
    }
}
