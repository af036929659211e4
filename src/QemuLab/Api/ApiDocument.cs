using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace QemuLab.Api;

/// <summary>What the OpenAPI document says beside the routes.</summary>
internal static class ApiDocument
{
    private const string IfMatch = "If-Match", IfNoneMatch = "If-None-Match";

    /// <summary>A parameter means the same in every route.</summary>
    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["lab"] = "A lab's name",
        ["name"] = "The name: of a machine, a snapshot, an image, or of something deleted",
        ["label"] = "Only machines with this label: key=value, or key with any value",
        ["since"] = "The id of the last event that is known; what is kept above it is replayed",
        ["argv"] = "A machine whose QEMU arguments are added, each with its reason",
        ["tail"] = "So many at most, the newest",
        ["source"] = "serial (the guest's console, the default) or qemu (QEMU's own messages)",
        ["raw"] = "true: with the escape sequences",
        ["force"] = "true: also where that loses something, or where something is under way",
        ["purge"] = "true: the disks too",
        ["graceSeconds"] = "How long guests may take to shut down; left out: as the lab file says; 0: they are not asked",
        ["network"] = "The network's name; left out: the lab's first one",
        ["seconds"] = "Ends by itself after so long; left out: when the client leaves",
        ["machines"] = "Names with commas; left out: all",
        ["path"] = "The lab file's absolute place on this host: files that it names are looked for beside it",
        ["set"] = "A parameter's other value, key=value; may be repeated",
        ["wait"] = "false: answer as soon as the machines run, not when they are ready",
        ["timeoutSeconds"] = "The hard limit; left out: only lack of progress ends the wait",
        ["prune"] = "true: delete machines that the file no longer has; the trash keeps them",
    };

    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "QemuLab";
            document.Info.Version = Daemon.BuildId.Version;
            document.Info.Description = string.Create(CultureInfo.InvariantCulture,
                $"Labs of QEMU machines. Served on the Unix socket daemon.sock in QemuLab's home, to its user only. The JSON has schema {Engine.DocumentSchema.Version}, as the header {ApiSchema.Header} of each answer says: while that is so, properties, words and routes are only added.");
            document.Servers?.Clear();
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            foreach (OpenApiParameter parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
            {
                parameter.Description = Parameters.GetValueOrDefault(parameter.Name ?? "");
            }

            bool isTagged = operation.Responses?.ContainsKey("304") == true, isConditional = operation.Responses?.ContainsKey("412") == true;
            if (isTagged && operation.Responses!["200"] is OpenApiResponse answer)
            {
                answer.Headers = new Dictionary<string, IOpenApiHeader> { ["ETag"] = new OpenApiHeader { Description = "Strong: the same for the same body", Schema = Text() } };
            }

            if (isTagged || isConditional)
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(Header(IfNoneMatch, isTagged ? "An ETag that the client has the body of: 304 where it is still that" : "*: only where it is not there yet, else 412"));
            }

            if (isConditional)
            {
                operation.Parameters!.Add(Header(IfMatch, "The ETag of the state that the change is meant for: 412 where it is another one by now"));
            }

            return Task.CompletedTask;
        });
    }

    private static OpenApiParameter Header(string name, string description) => new() { Name = name, In = ParameterLocation.Header, Description = description, Schema = Text() };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
