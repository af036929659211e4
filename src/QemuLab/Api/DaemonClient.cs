using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using QemuLab.Engine;

namespace QemuLab.Api;

/// <summary>
/// The command line's side of the API: one connection for each request over the daemon's Unix socket, synchronous. HttpClient
/// would cost more time to start than most commands take as a whole.
/// </summary>
/// <param name="socketPath">The daemon's socket.</param>
/// <param name="revive">Brings a daemon up again: a read that its end cut short is asked once more. Null: it is not. What changes something is never sent twice.</param>
internal sealed class DaemonClient(string socketPath, Action? revive = null)
{
    public T Get<T>(string path) => Get(path, json => DaemonResponse.Parse(json, ApiJson.Info<T>()));

    /// <inheritdoc cref="Get{T}(string)"/>
    /// <param name="path">With the query.</param>
    /// <param name="parse">Makes of the answer what is wanted of it.</param>
    public T Get<T>(string path, Func<ReadOnlyMemory<byte>, T> parse)
    {
        try
        {
            return GetOnce(path, parse);
        }
        catch (QemuLabException gone) when (revive is not null && gone.Kind == ErrorKind.DaemonUnreachable)
        {
            revive();
            return GetOnce(path, parse);
        }
    }

    public TAnswer Post<TRequest, TAnswer>(string path, TRequest body)
    {
        using DaemonResponse response = Send("POST", path, Serialize(body, ApiJson.Info<TRequest>()));
        return response.Read(ApiJson.Info<TAnswer>());
    }

    public T Delete<T>(string path)
    {
        using DaemonResponse response = Send("DELETE", path, null);
        return response.Read(ApiJson.Info<T>());
    }

    /// <summary>A request whose answer has no body worth reading.</summary>
    public void Do(string method, string path) => Send(method, path, null).Dispose();

    /// <summary>A request whose answer comes line by line; disposing the response ends it.</summary>
    public DaemonResponse Open(string method, string path) => Send(method, path, null);

    /// <inheritdoc cref="Open(string, string)"/>
    public DaemonResponse Open<TRequest>(string method, string path, TRequest body) => Send(method, path, Serialize(body, ApiJson.Info<TRequest>()));

    private T GetOnce<T>(string path, Func<ReadOnlyMemory<byte>, T> parse)
    {
        using DaemonResponse response = Send("GET", path, null);
        try
        {
            return parse(response.Read());
        }
        catch (IOException error)
        {
            throw Unreachable(error);
        }
    }

    private static byte[] Serialize<T>(T body, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(body, type);

    private DaemonResponse Send(string method, string path, byte[]? body)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            HttpWire.SendRequest(socket, method, path, body);
            return DaemonResponse.Receive(socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw Unreachable(error);
        }
        catch (IOException error)
        {
            socket.Dispose();
            throw Unreachable(error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private QemuLabException Unreachable(Exception error) => new(
        ErrorKind.DaemonUnreachable, "daemon-unreachable", $"the daemon at {socketPath} cannot be reached: {error.Message}", "start it: qemulab daemon start", error);
}
