using Microsoft.AspNetCore.Connections;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Api;

/// <summary>
/// Bounds the connections to the daemon's socket, so that it has descriptors left for machines. One too many takes the place of
/// that which has been idle for longest; where none is, it is told so.
/// </summary>
/// <param name="limit">So many.</param>
internal sealed class ConnectionLimit(int limit)
{
    public const string Code = "too-many-connections";

    private const int Least = 16, Most = 1024;

    /// <summary>Of the daemon's open files, one in so many may be a connection.</summary>
    private const int Share = 4;

    private readonly Lock gate = new();

    /// <summary>The one that has been idle for longest first.</summary>
    private readonly LinkedList<Seat> idle = [];

    private int taken;

    public int Limit => limit;

    /// <param name="limits">The daemon's; null: the system does not tell.</param>
    public static ConnectionLimit For(ProcessLimits? limits) => new(Math.Clamp((limits?.OpenFiles ?? Most) / Share, Least, Most));

    /// <summary>Serves a connection to its end.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var seat = new Seat(this, connection);
        Enter(seat)?.Close();
        connection.Features.Set(seat);
        try
        {
            await next(connection);
        }
        finally
        {
            seat.Leave();
        }
    }

    /// <summary>Counts the connections of requests as busy while these last, and refuses those that there is no place for.</summary>
    public static void Guard(IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        if (http.Features.Get<Seat>() is { } seat)
        {
            // The answer may still be on its way when the request has been seen to.
            http.Response.OnCompleted(Seat.End, seat);
            if (!seat.Begin())
            {
                http.Response.Headers.Connection = "close";
                throw new QemuLabException(ErrorKind.Conflict, Code, $"the daemon has {seat.Limit} connections, all of them in use", "end what is not needed, such as followers of events, and ask again");
            }
        }

        await next(http);
    });

    /// <returns>The one that must give way; null: none.</returns>
    private Seat? Enter(Seat seat)
    {
        lock (gate)
        {
            Seat? oldest = taken >= limit ? GiveWay() : null;
            taken++;
            idle.AddLast(seat.Place);
            return oldest;
        }
    }

    /// <summary>Takes the place of the one that has been idle for longest; null: none is. The caller has the lock, and closes it out of that.</summary>
    private Seat? GiveWay()
    {
        if (idle.First?.Value is not { } oldest)
        {
            return null;
        }

        idle.Remove(oldest.Place);
        taken--;
        return oldest;
    }

    /// <summary>A connection, which counts for as long as it is in its place.</summary>
    private sealed class Seat
    {
        private readonly ConnectionLimit owner;
        private readonly ConnectionContext connection;
        private bool isBusy;

        public Seat(ConnectionLimit owner, ConnectionContext connection)
        {
            (this.owner, this.connection) = (owner, connection);
            Place = new LinkedListNode<Seat>(this);
        }

        /// <summary>Among the idle ones.</summary>
        public LinkedListNode<Seat> Place { get; }

        public int Limit => owner.Limit;

        public static Task End(object seat)
        {
            ((Seat)seat).End();
            return Task.CompletedTask;
        }

        /// <summary>A request has come.</summary>
        /// <returns>Whether it may be seen to.</returns>
        public bool Begin()
        {
            Seat? other;
            bool isServed;
            lock (owner.gate)
            {
                isBusy = Place.List is not null;
                if (!isBusy)
                {
                    return false;
                }

                owner.idle.Remove(Place);
                other = owner.taken > owner.Limit ? owner.GiveWay() : null;
                isServed = owner.taken <= owner.Limit;
            }

            other?.Close();
            return isServed;
        }

        public void Leave()
        {
            lock (owner.gate)
            {
                if (Place.List is not null)
                {
                    owner.idle.Remove(Place);
                    owner.taken--;
                }
                else if (isBusy)
                {
                    isBusy = false;
                    owner.taken--;
                }
            }
        }

        public void Close() => connection.Abort(new ConnectionAbortedException("another one came, and this one had been idle for longest"));

        private void End()
        {
            lock (owner.gate)
            {
                if (isBusy)
                {
                    isBusy = false;
                    owner.idle.AddLast(Place);
                }
            }
        }
    }
}
