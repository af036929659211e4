using QemuLab.Engine;

namespace QemuLab.Api;

/// <summary>Says with each answer which promise its JSON keeps.</summary>
internal static class ApiSchema
{
    public const string Header = "QemuLab-Schema";

    private static readonly string Text = DocumentSchema.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static void Announce(IApplicationBuilder app) => app.Use((http, next) =>
    {
        http.Response.Headers[Header] = Text;
        return next(http);
    });
}
